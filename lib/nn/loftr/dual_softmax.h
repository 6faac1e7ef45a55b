// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace gsttorch {

/// A token of the first image and the one of the second that it belongs to.
struct CoarseMatch {
  std::int64_t first, second;
  float confidence;
};

/// Where a match may lie: not within `border` cells of the edge of a grid.
struct CoarseGrid {
  std::int64_t height, width;

  std::int64_t size() const { return height * width; }
  bool is_inside(std::int64_t token, std::int64_t border) const {
    const std::int64_t y = token / width, x = token % width;
    return y >= border && x >= border && y < height - border && x < width - border;
  }
};

/// The mutual best pairs of softmax over rows times softmax over columns of S = first . second /
/// (C temperature), those above `threshold` (0 at least), in the order of `first`. No L x S matrix
/// is kept: S is made a few rows at a time.
///
/// A pair above the threshold is above it in both softmaxes, so after a row is complete few
/// candidates (at most 1 / threshold) are left of it; where the threshold is too low for that to
/// help, S is made a second time.
///
/// first [L, C], second [S, C], dense, on one device.
std::vector<CoarseMatch> match_tokens(const at::Tensor& first, const at::Tensor& second,
                                      double temperature, double threshold);

/// The same in plain ATen, in tiles of `rows`: the best partner of each row and its confidence, and
/// the best confidence of each column.
struct BestPartners {
  at::Tensor partner;      // int64 [L]
  at::Tensor confidence;   // [L]
  at::Tensor column_best;  // [S]
};
BestPartners best_partners(const at::Tensor& first, const at::Tensor& second, double temperature,
                           std::int64_t rows = 512);

/// Those of them that are each other's best, above the threshold. Waits for the device.
std::vector<CoarseMatch> mutual_matches(const BestPartners& best, double threshold);

}  // namespace gsttorch
