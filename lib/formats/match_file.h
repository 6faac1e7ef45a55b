// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "lib/base/result.h"
#include "lib/formats/match.h"

namespace gsttorch {

/// Matches as they travel with a frame: float32 [count, 6] of x0, y0, x1, y1, confidence, inlier,
/// packed, in memory that somebody else owns and that need not be aligned.
struct MatchRows {
  static constexpr std::size_t kRowBytes = 6 * sizeof(float);

  const void* data = nullptr;
  std::size_t count = 0;

  Match at(std::size_t i) const;
  bool is_inlier(std::size_t i) const;
};

/// Lines `x0,y0,x1,y1,confidence,inlier` under a line of these names. Without `inliers`, which else
/// has one for each match, all count as such.
std::string match_csv(std::span<const Match> matches, std::span<const std::uint8_t> inliers);
std::string match_csv(const MatchRows& rows);

/// Writes them to a file, replacing it.
Result<void> write_match_csv(const std::string& path, std::span<const Match> matches,
                             std::span<const std::uint8_t> inliers);

/// Matches as a file, in the format that the name ends with; what it has is its number of bytes.
/// `.csv`: as above. `.npz`: what numpy.load reads, float32 arrays `keypoints0` (count, 2) of x0,
/// y0, `keypoints1` (count, 2) of x1, y1, `confidence` (count) and `inlier` (count, 1 or 0).
Result<std::uint64_t> write_match_file(const std::string& path, const MatchRows& rows);

}  // namespace gsttorch
