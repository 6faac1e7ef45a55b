// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <optional>

#include <gst/gst.h>

namespace gsttorch {

/// Which messages an analyser in a live pipeline posts: at most one a second, because a pipeline
/// without spare time has none for messages either. Reentrant.
class Notices {
 public:
  /// A frame that was skipped for want of time.
  struct Skip {
    GstClockTime running_time, stream_time, pts, duration;
  };
  enum class Kind {
    Latency,  ///< the answer to the LATENCY query has changed
    TooSlow,  ///< the model does not keep up with the stream; once
    Qos,      ///< frames were skipped since the last time
  };
  struct Due {
    Kind kind;
    Skip skip;  ///< the last one; of Qos and TooSlow
  };

  void add_latency() { has_latency_ = knows_latency_ = true; }
  /// The same, before the latency of the model is known.
  void add_change() { has_latency_ = true; }
  /// Ignored before the first `add_latency`: until then the model is loaded and measured, and
  /// frames pass without results.
  void add_skip(const Skip& skip) {
    if (knows_latency_) skip_ = skip;
  }

  /// What to post now, the most important first. `now` is of the pipeline's clock, which may be
  /// another one than the last time. `is_slow`: frames are skipped because the model is too slow.
  std::optional<Due> take(GstClockTime now, bool is_slow);

 private:
  bool has_latency_ = false;
  bool knows_latency_ = false;
  bool has_warned_ = false;
  std::optional<Skip> skip_;
  std::optional<GstClockTime> last_;
};

}  // namespace gsttorch
