// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/formats/match.h"

namespace gsttorch {

/// Matches as a buffer's meta stores them: float32 [count, 6] of x0, y0, x1, y1, confidence,
/// inlier, packed, in memory owned by the caller that need not be aligned.
struct MatchRows {
  static constexpr std::size_t kRowBytes = 6 * sizeof(float);

  const void* data = nullptr;
  std::size_t count = 0;

  Match at(std::size_t i) const;
  bool is_inlier(std::size_t i) const;
};

/// Formats lines `x0,y0,x1,y1,confidence,inlier` below a header line with these names. `inliers`
/// has one element per match; if it is empty, all matches count as inliers.
std::string match_csv(std::span<const Match> matches, std::span<const std::uint8_t> inliers);
std::string match_csv(const MatchRows& rows);

/// Writes the same text to a file, replacing it.
Result<void> write_match_csv(const std::string& path, std::span<const Match> matches,
                             std::span<const std::uint8_t> inliers);

/// Writes matches to a file in the format that the name ends with and returns the file's size in
/// bytes. `.csv`: as above. `.npz`: for numpy.load, float32 arrays `keypoints0` (count, 2) of x0,
/// y0, `keypoints1` (count, 2) of x1, y1, `confidence` (count) and `inlier` (count, 1 or 0).
Result<std::uint64_t> write_match_file(const std::string& path, const MatchRows& rows);

/// Reads what `write_match_csv` or another program wrote. Columns are found by the names in the
/// first line, `x0,y0,x1,y1` and perhaps `confidence` (1 if it is missing); others are ignored.
/// Without such a line, the columns have this order.
Result<std::vector<Match>> read_match_csv(const std::string& path);

}  // namespace gsttorch
