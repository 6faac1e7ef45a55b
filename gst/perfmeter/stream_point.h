// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include <gst/gst.h>

#include "lib/perf/duration_histogram.h"
#include "lib/perf/gap_counter.h"
#include "lib/perf/perf_output.h"

namespace gsttorch {

/// Present time of a monotonic clock, in ns.
std::uint64_t monotonic_now();

/// Counts the data that passes one point of a stream. The streaming thread counts, any other may
/// read.
class StreamPoint {
 public:
  struct Arrival {
    GstBuffer* buffer = nullptr;
    std::uint64_t size = 0;                        ///< bytes
    std::optional<std::uint64_t> behind_clock_ns;  ///< if the stream is live
    bool counts_frames = false;                    ///< offsets count frames, not bytes
  };

  // Called on the streaming thread.
  void take(const Arrival& arrival);
  void restart_places() { losses_.restart(); }

  std::uint64_t buffers() const { return buffers_.load(std::memory_order_relaxed); }
  std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
  std::uint64_t last_at() const { return last_at_.load(std::memory_order_relaxed); }  ///< 0: none
  /// From the first buffer to the last.
  double seconds() const {
    return static_cast<double>(last_at() - first_at_.load(std::memory_order_relaxed)) / 1e9;
  }

  /// Adds its fields; `started` is the start time for the delay of the first buffer.
  void add_to(PerfRecord& record, std::uint64_t started) const;

 private:
  std::atomic<std::uint64_t> buffers_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::uint64_t> first_at_{0};
  std::atomic<std::uint64_t> last_at_{0};
  std::atomic<std::uint64_t> lost_{0};
  std::atomic<std::uint64_t> discontinuities_{0};
  DurationHistogram between_;
  DurationHistogram latency_;
  GapCounter losses_;  // streaming thread only
};

}  // namespace gsttorch
