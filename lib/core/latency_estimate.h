// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace gsttorch {

/// How long work takes, from the times it took lately: what nearly all of it stays below (95th
/// percentile of the last 64), announced only when that has changed enough for anybody to care.
/// All times ns.
class LatencyEstimate {
 public:
  void add(std::int64_t duration);

  /// Of the last 64 durations; 0 before the first.
  std::int64_t p95() const;

  /// What was announced last; 0 before.
  std::int64_t announced() const { return announced_; }

  /// Announces the present value when it is more than a tenth above, or a sixth below, what was
  /// announced; at most once a second by the caller's clock, but while little is known a rise at
  /// once: what a sink was told too little, it drops. Returns true when it did.
  bool announce(std::int64_t now);

 private:
  static constexpr std::size_t kWindow = 64;
  static constexpr std::uint64_t kLittle = 16;
  static constexpr std::int64_t kLeastInterval = 1'000'000'000;

  std::array<std::int64_t, kWindow> recent_{};
  std::uint64_t count_ = 0;
  std::int64_t announced_ = 0;
  std::int64_t announced_at_ = 0;
};

}  // namespace gsttorch
