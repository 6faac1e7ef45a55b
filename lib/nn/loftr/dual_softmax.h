// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace gsttorch {

/// A token of the first image and the matching token of the second.
struct CoarseMatch {
  std::int64_t first, second;
  float confidence;
};

/// Grid of coarse cells. Matches must not lie within `border` cells of its edge.
struct CoarseGrid {
  std::int64_t height, width;

  std::int64_t size() const { return height * width; }
  bool is_inside(std::int64_t token, std::int64_t border) const {
    const std::int64_t y = token / width, x = token % width;
    return y >= border && x >= border && y < height - border && x < width - border;
  }
};

/// Returns the mutually best pairs of softmax over rows times softmax over columns of S = first .
/// second / (C temperature) whose confidence is above `threshold` (at least 0), in the order of
/// `first`. It never stores the L x S matrix, but computes S a few rows at a time.
///
/// A pair above the threshold exceeds it in both softmaxes, so after a complete row only few
/// candidates (at most 1 / threshold) remain. If the threshold is too low for this to help, S is
/// computed a second time.
///
/// first [L, C], second [S, C], dense, on one device.
std::vector<CoarseMatch> match_tokens(const at::Tensor& first, const at::Tensor& second,
                                      double temperature, double threshold);

/// The same in plain ATen, in tiles of `rows` rows: each row's best partner and its confidence, and
/// each column's best confidence.
struct BestPartners {
  at::Tensor partner;      // int64 [L]
  at::Tensor confidence;   // [L]
  at::Tensor column_best;  // [S]
};
BestPartners best_partners(const at::Tensor& first, const at::Tensor& second, double temperature,
                           std::int64_t rows = 512);

/// The pairs that are each other's best and above the threshold. Waits for the device.
std::vector<CoarseMatch> mutual_matches(const BestPartners& best, double threshold);

}  // namespace gsttorch
