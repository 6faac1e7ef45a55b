// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/match_mapping.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "lib/gst/mapped_flow.h"
#include "lib/gst/tensor_buffer.h"

namespace gsttorch {
namespace {

constexpr std::size_t kColumns = GST_TORCH_MATCH_COLUMNS;

bool is_of_an_earlier_frame(const GstTorchMatch& match) { return !match.reference; }

bool is_of_size(guint width, guint height, const FrameMapping& mapping) {
  return width == mapping.in_width && height == mapping.in_height;
}

// Assumes that the earlier frame passed through the same element.
bool fits(const GstTorchMatch& match, const FrameMapping& mapping) {
  if (!is_of_size(match.width, match.height, mapping)) return false;
  const bool has_reference = match.reference_width > 0 && match.reference_height > 0;
  return !is_of_an_earlier_frame(match) || !has_reference ||
         is_of_size(match.reference_width, match.reference_height, mapping);
}

void map_matrix(GstTorchMatch& match, const FrameMapping& mapping) {
  Matrix3 m;
  std::copy_n(match.matrix, m.size(), m.begin());
  const bool is_homography = g_strcmp0(match.geometry, "homography") == 0;
  m = (is_homography ? mapping.matrix() : transposed(mapping.inverse_matrix())) * m;
  if (is_of_an_earlier_frame(match)) m = m * mapping.inverse_matrix();
  std::copy(m.begin(), m.end(), match.matrix);
}

// Converts one row of the array; returns false if its points were cropped. If nothing was cropped,
// all rows are kept, also those with points outside the original frame.
bool map_row(float* row, const FrameMapping& mapping, bool both) {
  const bool keeps_all = mapping.keeps_all();
  const PixelPoint here = mapping.map({row[2], row[3]});
  if (!keeps_all && !mapping.shows(here)) return false;
  row[2] = static_cast<float>(here.x);
  row[3] = static_cast<float>(here.y);
  if (!both) return true;
  const PixelPoint there = mapping.map({row[0], row[1]});
  row[0] = static_cast<float>(there.x);
  row[1] = static_cast<float>(there.y);
  return keeps_all || mapping.shows(there);
}

std::optional<std::vector<float>> map_rows(const GstTorchMatch& match,
                                           const FrameMapping& mapping) {
  const gsize whole_rows = gst_buffer_get_size(match.matches) / (kColumns * sizeof(float));
  const gsize rows = std::min<gsize>(match.count, whole_rows);
  const auto mapped = MappedBuffer::create(match.matches, 0, "array of matches");
  if (!mapped) return std::nullopt;
  std::vector<float> kept;
  kept.reserve(std::max<gsize>(rows, 1) * kColumns);
  const auto* from = static_cast<const float*>(mapped->data());
  for (gsize i = 0; i < rows; i++) {
    float row[kColumns];
    std::memcpy(row, from + i * kColumns, sizeof row);
    if (!map_row(row, mapping, is_of_an_earlier_frame(match))) continue;
    kept.insert(kept.end(), row, row + kColumns);
  }
  return kept;
}

// Recomputes the summary after matches were dropped.
void count_again(GstTorchMatch& match, const std::vector<float>& rows) {
  const std::size_t count = rows.size() / kColumns;
  if (count == match.count) return;
  double confidence = 0;
  guint inliers = 0;
  for (std::size_t i = 0; i < rows.size(); i += kColumns) {
    confidence += rows[i + 4];
    if (rows[i + 5] > 0) inliers++;
  }
  match.count = static_cast<guint>(count);
  match.mean_confidence = count > 0 ? confidence / static_cast<double>(count) : 0;
  if (match.geometry) match.inliers = inliers;
}

}  // namespace

std::optional<MappedMatch> map_match(const GstTorchMatch& match, const FrameMapping& mapping) {
  if (!fits(match, mapping)) return std::nullopt;
  MappedMatch mapped{match, {}};
  GstTorchMatch& result = mapped.match;
  if (match.matches) {
    auto rows = map_rows(match, mapping);
    if (!rows) return std::nullopt;
    count_again(result, *rows);
    const auto count = static_cast<std::int64_t>(rows->size() / kColumns);
    mapped.rows = wrap_values(*std::move(rows), {count, std::int64_t{kColumns}});
    result.matches = mapped.rows.get();
  } else if (match.count > 0 && !mapping.keeps_all()) {
    return std::nullopt;
  }
  if (match.has_matrix) map_matrix(result, mapping);
  result.residual *= mapping.mean_factor();
  result.width = mapping.out_width;
  result.height = mapping.out_height;
  if (is_of_an_earlier_frame(match)) {
    result.reference_width = mapping.out_width;
    result.reference_height = mapping.out_height;
  }
  return mapped;
}

}  // namespace gsttorch
