// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <optional>

namespace gsttorch {

/// How fast a counter goes up, from looks at it now and then.
class RateMeter {
 public:
  /// What the counter (which never goes down) is at a time, ns. The first look starts the clock,
  /// and one at the same time as the last is none.
  void look(std::uint64_t count, std::uint64_t now);

  // Per second; absent until there were two looks.
  std::optional<double> now() const { return now_; }          ///< between the last two looks
  std::optional<double> average() const;                      ///< since the first
  std::optional<double> minimum() const { return minimum_; }  ///< the least of now()

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
