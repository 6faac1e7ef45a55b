// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/perf/progress.h"

namespace gsttorch {

/// Where a run that was cut short continues.
struct Continuation {
  std::uint64_t last_pts = 0;  ///< ns, of the last frame on record: later ones are new
  /// ns, where reading starts: early enough for the first new frame to be analysed as it would have
  /// been; none: at the beginning
  std::optional<std::uint64_t> seek_to;
};

/// How far a run has come. Any thread, and a signal handler, may read it.
struct RunCounters {
  std::atomic<std::uint64_t> decoded{0};  ///< frames that came to the first model
  std::atomic<std::uint64_t> frames{0};   ///< of them, those whose results are out
};

/// Hears of a run while it lasts, in the thread that waits for its end.
class RunObserver {
 public:
  RunObserver() = default;
  RunObserver(const RunObserver&) = delete;
  RunObserver& operator=(const RunObserver&) = delete;
  virtual ~RunObserver() = default;

  /// Something has advanced since the last call: a frame came to the first model or has its
  /// results, or an element changed its state.
  virtual void on_progress(const ProgressState& progress) = 0;

  RunCounters counters;
};

/// Of a stream, in its time, ns.
struct TimeRange {
  std::uint64_t start = 0;
  std::uint64_t end = 0;

  /// How much of it has passed at a time, 0 to 1.
  double share(std::uint64_t time) const;
};

struct RunOptions {
  RunObserver* observer = nullptr;               ///< outlives the run
  const char* first_stage = nullptr;             ///< factory of the element that frames come to
  std::optional<std::uint64_t> expected_frames;  ///< new ones, where it is certain
  std::optional<TimeRange> video;                ///< from the first frame to the end, where known
  std::optional<Continuation> continuation;
  bool verbose = false;  ///< what elements say beyond their messages goes to stderr, too
};

/// How long a frame came after the one before it.
struct FrameTime {
  std::uint64_t pts = 0;  ///< ns
  double ms = 0;
};

/// What a stage's model is, and what it computed with.
struct ModelUse {
  std::string element;       ///< the stage's factory
  std::string architecture;  ///< of the weights file, whose name need not tell: "transnetv2"
  std::string device;        ///< "cpu", "cuda:0"
  std::string precision;     ///< "fp32", "fp16", "bf16"
};

/// How an analysis ended. Whatever the ending, what was computed is in its files.
struct RunOutcome {
  std::uint64_t frames = 0;     ///< new ones
  double seconds = 0;           ///< from the first frame's result to the last's
  std::uint64_t end_ns = 0;     ///< stream time at which the last new frame ends; 0: not known
  int signal = 0;               ///< that ended it early; 0: none did
  bool lost_its_place = false;  ///< the frame to continue after was not met: start at the beginning
  std::vector<FrameTime> slowest;
  std::vector<ModelUse> models;  ///< that were loaded
  std::optional<Error> error;
  std::string details;  ///< what the failed element says to those who look closer

  double ms_per_frame() const;
};

}  // namespace gsttorch
