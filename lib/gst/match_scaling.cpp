// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/match_scaling.h"

#include <algorithm>
#include <array>

namespace gsttorch {
namespace {

// Pixel grids that cover the same area: x' = (x + 0.5) factor - 0.5.
struct Scale {
  double x = 1, y = 1;

  double map_x(double at) const { return (at + 0.5) * x - 0.5; }
  double map_y(double at) const { return (at + 0.5) * y - 0.5; }
  Scale inverse() const { return {1 / x, 1 / y}; }
};

using Matrix = std::array<double, 9>;

Matrix as_matrix(const Scale& s) {
  return {s.x, 0, 0.5 * s.x - 0.5, 0, s.y, 0.5 * s.y - 0.5, 0, 0, 1};
}

Matrix transposed(const Matrix& m) {
  return {m[0], m[3], m[6], m[1], m[4], m[7], m[2], m[5], m[8]};
}

Matrix operator*(const Matrix& a, const Matrix& b) {
  Matrix product = {};
  for (int row = 0; row < 3; row++) {
    for (int column = 0; column < 3; column++) {
      for (int k = 0; k < 3; k++) product[3 * row + column] += a[3 * row + k] * b[3 * k + column];
    }
  }
  return product;
}

void scale_matrix(GstTorchMatch& match, const Scale& first, const Scale& second) {
  Matrix m;
  std::copy_n(match.matrix, 9, m.begin());
  const bool is_homography = g_strcmp0(match.geometry, "homography") == 0;
  const Matrix left = is_homography ? as_matrix(second) : transposed(as_matrix(second.inverse()));
  m = left * m * as_matrix(first.inverse());
  std::copy(m.begin(), m.end(), match.matrix);
}

GstBuffer* scale_points(GstBuffer* matches, guint count, const Scale& first, const Scale& second) {
  GstMapInfo from, to;
  if (!gst_buffer_map(matches, &from, GST_MAP_READ)) return nullptr;
  GstBuffer* scaled = gst_buffer_new_allocate(nullptr, from.size, nullptr);
  if (scaled && gst_buffer_map(scaled, &to, GST_MAP_WRITE)) {
    const auto* in = reinterpret_cast<const float*>(from.data);
    auto* out = reinterpret_cast<float*>(to.data);
    const gsize rows = std::min<gsize>(count, from.size / sizeof(float) / GST_TORCH_MATCH_COLUMNS);
    for (gsize i = 0; i < rows; i++) {
      out[0] = static_cast<float>(first.map_x(in[0]));
      out[1] = static_cast<float>(first.map_y(in[1]));
      out[2] = static_cast<float>(second.map_x(in[2]));
      out[3] = static_cast<float>(second.map_y(in[3]));
      out[4] = in[4];
      out[5] = in[5];
      in += GST_TORCH_MATCH_COLUMNS;
      out += GST_TORCH_MATCH_COLUMNS;
    }
    gst_buffer_unmap(scaled, &to);
  }
  gst_buffer_unmap(matches, &from);
  return scaled;
}

}  // namespace

GstBuffer* scale_match(GstTorchMatch& match, guint width, guint height) {
  Scale second;
  if (match.width > 0 && match.height > 0) {
    second = {static_cast<double>(width) / match.width, static_cast<double>(height) / match.height};
  }
  const Scale first = match.reference ? Scale() : second;
  if (match.has_matrix) scale_matrix(match, first, second);
  match.residual *= (second.x + second.y) / 2;
  match.width = width;
  match.height = height;
  if (!match.reference) {
    match.reference_width = width;
    match.reference_height = height;
  }
  return match.matches ? scale_points(match.matches, match.count, first, second) : nullptr;
}

}  // namespace gsttorch
