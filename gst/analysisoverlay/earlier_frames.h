// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <deque>

#include <gst/gst.h>

#include "lib/gst/util/ref.h"

namespace gsttorch {

/// Keeps the last frames by their PTS, and the one requested last, so that the first frame of a
/// shot stays available as long as it is requested. Thread-bound.
class EarlierFrames {
 public:
  /// Adds a frame and keeps the last `most` frames.
  void keep(GstBuffer* frame, unsigned most) {
    frames_.push_back(Ref<GstBuffer>::share(frame));
    while (frames_.size() > most) frames_.pop_front();
  }

  /// Returns the frame, or null.
  Ref<GstBuffer> find(GstClockTime pts) {
    if (asked_for_ && GST_BUFFER_PTS(asked_for_.get()) == pts) return asked_for_;
    for (const Ref<GstBuffer>& frame : frames_) {
      if (GST_BUFFER_PTS(frame.get()) == pts) return asked_for_ = frame;
    }
    return {};
  }

  void reset() { *this = EarlierFrames(); }

 private:
  std::deque<Ref<GstBuffer>> frames_;  // oldest first
  Ref<GstBuffer> asked_for_;
};

}  // namespace gsttorch
