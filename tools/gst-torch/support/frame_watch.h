// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <atomic>
#include <mutex>
#include <vector>

#include "tools/gst-torch/support/gst_support.h"
#include "tools/gst-torch/support/run_options.h"

namespace gsttorch {

/// Counts and times the frames of a run on its streaming threads, drops frames after an
/// interruption, and checks that a resumed run meets the last recorded frame. Thread-safe;
/// must outlive the pipeline's streaming.
class FrameWatch {
 public:
  FrameWatch(Pipeline& pipeline, const RunOptions& options);

  void hold_back() { holds_back_ = true; }
  std::uint64_t frames() const { return counters_.frames; }
  /// Stream times, ns: where the first new frame begins, and where the last one ends. 0: not known.
  std::uint64_t start_ns() const { return start_ns_; }
  std::uint64_t end_ns() const { return end_ns_; }
  double seconds() const { return static_cast<double>(last_us_ - first_us_) / 1e6; }
  bool lost_its_place() const { return lost_its_place_; }
  std::vector<FrameTime> slowest() const;  ///< the slowest first

 private:
  GstPadProbeReturn on_input(GstPad* pad, GstPadProbeInfo* info);
  GstPadProbeReturn on_result(GstPad* pad, GstPadProbeInfo* info);
  bool keeps_its_place(GstClockTime pts);
  void record_time(GstClockTime pts, gint64 now);
  void record_place(GstPad* pad, GstBuffer* frame);

  const std::optional<Continuation> continuation_;
  RunCounters& counters_;
  std::atomic<std::uint64_t> start_ns_{0};
  std::atomic<std::uint64_t> end_ns_{0};
  std::atomic<gint64> first_us_{0};
  std::atomic<gint64> last_us_{0};
  std::atomic<bool> holds_back_{false};
  std::atomic<bool> lost_its_place_{false};
  bool has_sought_ = false;     // of the thread that frames come on
  bool has_met_place_ = false;  // of the same
  mutable std::mutex mutex_;
  std::vector<FrameTime> slowest_;  // guarded by mutex_
};

}  // namespace gsttorch
