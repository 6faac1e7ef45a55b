// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <deque>

#include <gst/gst.h>

#include "lib/gst/util/ref.h"

namespace gsttorch {

/// The last frames that passed, by their PTS, and the one that was asked for last: the first frame
/// of a shot stays as long as it is asked for. Thread-bound.
class EarlierFrames {
 public:
  /// Keeps a frame, and of those that passed the last `most`.
  void keep(GstBuffer* frame, unsigned most) {
    frames_.push_back(Ref<GstBuffer>::share(frame));
    while (frames_.size() > most) frames_.pop_front();
  }

  /// The frame, or null.
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
