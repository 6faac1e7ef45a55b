// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>

#include <gst/video/video.h>

#include "lib/gst/ref.h"
#include "lib/gst/runtime/derived_cache.h"
#include "lib/gst/runtime/shared_frame.h"

namespace gsttorch {

/// Finds the SharedFrame of a buffer, so that elements which see the same pixels share what is made
/// from them. Thread-safe.
///
/// Along one branch a frame travels as a private meta of the buffer. Across a `tee` the branches
/// hold one buffer, which nobody may add a meta to: there a frame is found by its first memory, and
/// kept until nobody else holds the buffer it was made for.
class FrameTable {
 public:
  FrameTable() = default;
  ~FrameTable();
  FrameTable(const FrameTable&) = delete;
  FrameTable& operator=(const FrameTable&) = delete;

  /// The frame of these pixels: the one that is known, or a new one.
  std::shared_ptr<SharedFrame> find_or_add(const std::shared_ptr<DerivedCache>& cache,
                                           GstBuffer* buffer, const GstVideoInfo& info);

  /// Lets frames go that only this table still holds, or with `all` every one.
  enum class Sweep { Unused, All };
  void sweep(Sweep which);

  /// Puts a frame on a buffer with writable metadata, for the elements downstream.
  static void attach(GstBuffer* buffer, std::shared_ptr<SharedFrame> frame);
  /// The frame that a buffer carries, whether or not it still shows its pixels; or null.
  static std::shared_ptr<SharedFrame> attached(GstBuffer* buffer);

 private:
  struct Kept {
    Ref<GstBuffer> buffer;
    std::shared_ptr<SharedFrame> frame;
  };

  std::mutex mutex_;
  std::unordered_map<GstMemory*, std::weak_ptr<SharedFrame>> by_memory_;  // guarded by mutex_
  std::deque<Kept> kept_;                                                 // guarded by mutex_
};

}  // namespace gsttorch
