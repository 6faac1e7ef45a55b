// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <memory>
#include <mutex>
#include <unordered_map>

#include <gst/video/video.h>

#include "lib/gst/runtime/derived_cache.h"
#include "lib/gst/runtime/shared_frame.h"
#include "lib/gst/util/ref.h"

namespace gsttorch {

/// Finds the SharedFrame of a buffer, so that elements that process the same pixels share the data
/// derived from them. There is one table per context, which usually means per pipeline.
/// Thread-safe.
///
/// Along one branch, a frame travels as a private meta of the buffer. After a `tee` the branches
/// share one buffer, to which nobody may add a meta: there, the table finds a frame by its first
/// memory as long as an element that processes it keeps it, and creates it again after that. The
/// table owns no buffers: a source with a bounded pool would wait for them forever. A frame that
/// was attached before the tee is found in every branch.
class FrameTable {
 public:
  FrameTable() = default;
  FrameTable(const FrameTable&) = delete;
  FrameTable& operator=(const FrameTable&) = delete;

  /// Registers an element that processes frames. With fewer than two elements, no data is cached
  /// and no pixels are locked, because there is no other element to share them with.
  void add_analyzer();
  void remove_analyzer();

  /// Returns the frame of these pixels, known or new.
  std::shared_ptr<SharedFrame> frame_of(const std::shared_ptr<DerivedCache>& cache,
                                        GstBuffer* buffer, const GstVideoInfo& info);

  /// Attaches a frame to a buffer with writable metadata, for the elements downstream.
  static void attach(GstBuffer* buffer, std::shared_ptr<SharedFrame> frame);
  /// The frame attached to a buffer, even if the buffer's pixels have changed; or null.
  static std::shared_ptr<SharedFrame> attached(GstBuffer* buffer);

 private:
  void forget_expired();

  std::mutex mutex_;
  int analyzers_ = 0;                                                     // guarded by mutex_
  std::unordered_map<GstMemory*, std::weak_ptr<SharedFrame>> by_memory_;  // guarded by mutex_
};

}  // namespace gsttorch
