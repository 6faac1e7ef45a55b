// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <vector>

#include "lib/gst/gsttorchmatchmeta.h"
#include "tests/support/gst_support.h"

namespace gsttorch {

struct MatchDeleter {
  void operator()(GstTorchMatch* match) const { gst_torch_match_free(match); }
};
using OwnedMatch = std::unique_ptr<GstTorchMatch, MatchDeleter>;

/// The first match result on a buffer; null if there is none.
inline OwnedMatch result_of(const Ref<GstBuffer>& buffer) {
  return OwnedMatch(buffer ? gst_buffer_get_torch_match(buffer.get(), nullptr) : nullptr);
}

/// All its matches: x0, y0, x1, y1, confidence, inlier for each.
inline std::vector<float> rows_of(const GstTorchMatch& match) {
  std::vector<float> rows;
  if (!match.matches) return rows;
  const std::vector<guint8> bytes = bytes_of(match.matches);
  rows.resize(bytes.size() / sizeof(float));
  std::memcpy(rows.data(), bytes.data(), rows.size() * sizeof(float));
  return rows;
}

/// Shift of the image to the left in pixels, by the median match; NaN without matches.
inline double median_shift(const GstTorchMatch& match) {
  const std::vector<float> rows = rows_of(match);
  std::vector<double> shifts;
  for (std::size_t i = 0; i + 5 < rows.size(); i += 6) shifts.push_back(rows[i] - rows[i + 2]);
  if (shifts.empty()) return NAN;
  std::nth_element(shifts.begin(), shifts.begin() + shifts.size() / 2, shifts.end());
  return shifts[shifts.size() / 2];
}

}  // namespace gsttorch
