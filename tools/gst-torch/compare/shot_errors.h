// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace gsttorch {

/// What two lists of shot boundaries have in common. A boundary is the first frame of a shot.
struct ShotErrors {
  std::size_t common = 0;
  std::vector<std::uint64_t> missed;  ///< only in the reference
  std::vector<std::uint64_t> added;   ///< only in the other list

  /// Harmonic mean of precision and recall; 1 for two empty lists.
  double f1() const;
};

/// Both lists are sorted. Boundaries that are at most `tolerance` frames apart are the same; each
/// is paired once.
ShotErrors shot_errors(std::span<const std::uint64_t> other,
                       std::span<const std::uint64_t> reference, std::uint64_t tolerance);

}  // namespace gsttorch
