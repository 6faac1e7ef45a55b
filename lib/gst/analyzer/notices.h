// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <optional>

#include <gst/gst.h>

namespace gsttorch {

/// What an analyser in a live pipeline has to tell the application: at most one thing a second,
/// because a pipeline that has no time to spare has none for messages either. Reentrant.
class Notices {
 public:
  /// A frame that was skipped for want of time.
  struct Skip {
    GstClockTime running_time, stream_time, pts, duration;
  };
  enum class Kind {
    Latency,  ///< the answer to the LATENCY query is another
    TooSlow,  ///< the model does not keep up with the stream; once
    Qos,      ///< frames were skipped since the last time
  };
  struct Due {
    Kind kind;
    Skip skip;  ///< the last one; of Qos and TooSlow
  };

  void add_latency() { has_latency_ = knows_latency_ = true; }
  /// The same, before anything is known of the model.
  void add_change() { has_latency_ = true; }
  /// Not told before the first latency is: frames pass while the model is loaded and measured.
  void add_skip(const Skip& skip) {
    if (knows_latency_) skip_ = skip;
  }

  /// What is to be told now, the most important first. By the pipeline's clock, which may be
  /// another one than the last time.
  /// `is_slow`: skips are the model's fault, and no accident.
  std::optional<Due> take(GstClockTime now, bool is_slow);

 private:
  bool has_latency_ = false;
  bool knows_latency_ = false;
  bool told_too_slow_ = false;
  std::optional<Skip> skip_;
  std::optional<GstClockTime> last_;
};

}  // namespace gsttorch
