// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <gst/video/video.h>

#include "lib/engine/frame_image.h"
#include "lib/gst/runtime/derived_cache.h"
#include "lib/gst/util/ref.h"
#include "lib/gst/util/video_frame.h"

namespace gsttorch {

/// The pixels of a buffer and, with Keep::Derived, cached data derived from them.
///
/// It owns references to the buffer's memories and, through its own buffer, an exclusive lock on
/// each: an element that writes in place has to copy them first, so that derived data stays valid,
/// and `is_of` distinguishes the copy from the original. Thread-safe.
class SharedFrame {
 public:
  enum class Keep { Nothing, Derived };

  SharedFrame(std::shared_ptr<DerivedCache> cache, Keep keep, GstBuffer* buffer,
              const GstVideoInfo& info);
  ~SharedFrame();
  SharedFrame(const SharedFrame&) = delete;
  SharedFrame& operator=(const SharedFrame&) = delete;

  /// True if the buffer still contains these pixels: the same memories, the same layout and the
  /// same part of the image.
  bool is_of(GstBuffer* buffer, const GstVideoInfo& info) const;
  /// The first part of that check: whether the buffer has the same memories.
  bool has_memories_of(GstBuffer* buffer) const;

  const GstVideoInfo& info() const { return info_; }  ///< of the caps
  const VideoRectangle& visible() const { return visible_; }
  GstBuffer* pixels() const { return pixels_.get(); }
  bool keeps() const { return keep_ == Keep::Derived; }

  /// See FrameImage::get.
  std::shared_ptr<const Derived> get(DerivedKind kind, const std::string& key,
                                     const FrameImage::Make& make);

 private:
  const std::shared_ptr<DerivedCache> cache_;
  const Keep keep_;
  const DerivedCache::FrameId id_;
  const GstVideoInfo info_;
  const VideoRectangle visible_;
  const Ref<GstBuffer> pixels_;  // only the memories and the metas of their layout
};

/// One element's access to a frame: maps the pixels on first use, unmaps them when destroyed.
class FrameAccess final : public FrameImage {
 public:
  explicit FrameAccess(std::shared_ptr<SharedFrame> frame) : frame_(std::move(frame)) {}

  int width() const override { return frame_->visible().width; }
  int height() const override { return frame_->visible().height; }
  Result<ImageView> view() override;
  std::shared_ptr<const Derived> get(DerivedKind kind, const std::string& key,
                                     const Make& make) override {
    return frame_->get(kind, key, make);
  }

 private:
  const std::shared_ptr<SharedFrame> frame_;
  std::mutex mutex_;
  std::optional<MappedFrame> mapped_;  // guarded by mutex_
};

}  // namespace gsttorch
