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

/// Finds the SharedFrame of a buffer, so that elements which see the same pixels share what is made
/// from them. One for the elements that were given the same context: those of a pipeline, usually.
/// Thread-safe.
///
/// Along one branch a frame travels as a private meta of the buffer. Across a `tee` the branches
/// hold one buffer, which nobody may add a meta to: there a frame is found by its first memory for
/// as long as an element that works on it holds it, and is made again after that. Nothing here owns
/// a buffer: a source with a bounded pool would wait for it for ever. A frame that was attached
/// before the tee is found in every branch.
class FrameTable {
 public:
  FrameTable() = default;
  FrameTable(const FrameTable&) = delete;
  FrameTable& operator=(const FrameTable&) = delete;

  /// An element begins or ends to take frames. With less than two nothing is kept, and no pixels
  /// are locked: nobody is there to share them with.
  void add_analyzer();
  void remove_analyzer();

  /// The frame of these pixels: the one that is known, or a new one.
  std::shared_ptr<SharedFrame> frame_of(const std::shared_ptr<DerivedCache>& cache,
                                        GstBuffer* buffer, const GstVideoInfo& info);

  /// Puts a frame on a buffer with writable metadata, for the elements downstream.
  static void attach(GstBuffer* buffer, std::shared_ptr<SharedFrame> frame);
  /// The frame that a buffer carries, whether or not it still shows its pixels; or null.
  static std::shared_ptr<SharedFrame> attached(GstBuffer* buffer);

 private:
  void forget_expired();

  std::mutex mutex_;
  int analyzers_ = 0;                                                     // guarded by mutex_
  std::unordered_map<GstMemory*, std::weak_ptr<SharedFrame>> by_memory_;  // guarded by mutex_
};

}  // namespace gsttorch
