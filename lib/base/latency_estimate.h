// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace gsttorch {

/// How long work takes, from the times it took lately: what nearly all of it stays below (95th
/// percentile of the last 64). Announced with hysteresis, because each announcement makes the
/// application configure the latency of its whole pipeline again. All times ns.
class LatencyEstimate {
 public:
  void add(std::int64_t duration);
  /// A result came too late for its frame: what was announced is too little for this stream, and
  /// from now on a smaller rise is announced too.
  void add_missed() { has_missed_ = true; }

  /// Of the last 64 durations; 0 before the first.
  std::int64_t p95() const;

  /// What was announced last; 0 before.
  std::int64_t announced() const { return announced_; }

  /// What the announced value is only a part of.
  struct Whole {
    std::int64_t rest = 0;   ///< of the latency, beside the work
    std::int64_t frame = 0;  ///< duration of a frame; 0: unknown
  };
  /// Announces the present value where it differs enough: the first at once, later ones when it
  /// rose by a tenth of the whole (10 ms at least), or fell by a quarter of the whole (a frame at
  /// least). Results that were missed make it an eighth of a frame. At most once a second by the
  /// caller's clock. Returns true when it did.
  bool announce(std::int64_t now, const Whole& whole);

 private:
  static constexpr std::size_t kWindow = 64;
  static constexpr std::int64_t kLeastInterval = 1'000'000'000;

  bool differs(const Whole& whole) const;

  std::array<std::int64_t, kWindow> recent_{};
  std::uint64_t count_ = 0;
  std::int64_t announced_ = 0;
  std::int64_t announced_at_ = 0;
  bool has_announced_ = false;
  bool has_missed_ = false;
};

}  // namespace gsttorch
