// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <optional>

namespace gsttorch {

/// Measures the rate of a counter from samples.
class RateMeter {
 public:
  /// Adds a sample of the counter (which never decreases) at a time in ns. The first sample starts
  /// the clock; a sample at the same time as the last is ignored.
  void look(std::uint64_t count, std::uint64_t now);

  // Per second; absent until there are two samples.
  std::optional<double> now() const { return now_; }          ///< between the last two samples
  std::optional<double> average() const;                      ///< since the first sample
  std::optional<double> minimum() const { return minimum_; }  ///< minimum of now()

 private:
  struct Look {
    std::uint64_t count = 0;
    std::uint64_t time = 0;
  };
  static double rate(const Look& from, const Look& to);

  std::optional<Look> first_;
  Look last_;
  std::optional<double> now_;
  std::optional<double> minimum_;
};

}  // namespace gsttorch
