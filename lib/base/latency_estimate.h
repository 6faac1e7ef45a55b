// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace gsttorch {

/// Estimates the duration of the work as the 95th percentile of the last 64 durations. Announces it
/// with hysteresis, because after each announcement the application configures the latency of its
/// whole pipeline again. All times in ns.
class LatencyEstimate {
 public:
  void add(std::int64_t duration);
  /// Reports that a result came too late for its frame: the announced value is too small for this
  /// stream, so a smaller rise is announced from now on.
  void add_missed() { has_missed_ = true; }

  /// 95th percentile of the last 64 durations; 0 before the first.
  std::int64_t p95() const;

  /// The value announced last; 0 before the first announcement.
  std::int64_t announced() const { return announced_; }

  /// The whole of which the announced value is only a part.
  struct Whole {
    std::int64_t rest = 0;   ///< latency in addition to the work
    std::int64_t frame = 0;  ///< duration of a frame; 0: unknown
  };
  /// Announces the present value if it differs enough: the first at once, later ones if the value
  /// rose by a tenth of the whole (at least 10 ms) or fell by a quarter of the whole (at least one
  /// frame). After a missed result, a rise of an eighth of a frame is enough. Announces at most
  /// once a second by the caller's clock `now`. Returns true if it announced the value.
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
