// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/frame_mapping.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace gsttorch {
namespace {

constexpr double kUniform = 0.01;
constexpr double kEdge = 0.5;   // pixels; GStreamer's rectangles are integers
constexpr double kBorders = 2;  // pixels; narrower borders shift a point by less than one

#if GST_CHECK_VERSION(1, 28, 0)
using MatrixTransform = GstVideoMetaTransformMatrix;
#else
// GStreamer 1.28's declaration, because a library built with an older version may run with 1.28.
struct MatrixTransform {
  const GstVideoInfo* in_info;
  GstVideoRectangle in_rectangle;
  const GstVideoInfo* out_info;
  GstVideoRectangle out_rectangle;
  gfloat matrix[3][3];
};
#endif

GQuark matrix_quark() {
  static const GQuark quark = g_quark_from_static_string("gst-video-matrix");
  return quark;
}

FramePart part_of(const GstVideoRectangle& r) {
  return {static_cast<double>(r.x), static_cast<double>(r.y), static_cast<double>(r.x) + r.w,
          static_cast<double>(r.y) + r.h};
}

FramePart whole(guint width, guint height) {
  return {0, 0, static_cast<double>(width), static_cast<double>(height)};
}

// GStreamer's matrices map the upper left corner if an axis keeps its direction (x' = s x), but
// pixel 0 if the axis is reversed (videoflip: x' = w - 1 - x).
AxisMapping axis(double factor, double offset, int from, int to) {
  return {factor, to + offset + (factor < 0 ? 1 : 0) - factor * from};
}

void set_sizes(FrameMapping& mapping, const GstVideoInfo& in, const GstVideoInfo& out) {
  mapping.in_width = GST_VIDEO_INFO_WIDTH(&in);
  mapping.in_height = GST_VIDEO_INFO_HEIGHT(&in);
  mapping.out_width = GST_VIDEO_INFO_WIDTH(&out);
  mapping.out_height = GST_VIDEO_INFO_HEIGHT(&out);
}

FramePart map_part(const FrameMapping& mapping, const FramePart& part) {
  const bool swaps = mapping.swaps;
  const double x0 = mapping.x.at(swaps ? part.top : part.left);
  const double x1 = mapping.x.at(swaps ? part.bottom : part.right);
  const double y0 = mapping.y.at(swaps ? part.left : part.top);
  const double y1 = mapping.y.at(swaps ? part.right : part.bottom);
  return {std::min(x0, x1), std::min(y0, y1), std::max(x0, x1), std::max(y0, y1)};
}

// Supports the same matrices as gst_video_meta_transform_matrix_rectangle().
std::optional<FrameMapping> from_matrix(const MatrixTransform& transform) {
  const auto& m = transform.matrix;
  if (m[2][0] != 0 || m[2][1] != 0 || m[2][2] != 1) return std::nullopt;
  FrameMapping mapping;
  mapping.swaps = m[0][0] == 0 && m[1][1] == 0;
  if (!mapping.swaps && (m[0][1] != 0 || m[1][0] != 0)) return std::nullopt;
  const double x_factor = m[0][mapping.swaps ? 1 : 0], y_factor = m[1][mapping.swaps ? 0 : 1];
  if (x_factor == 0 || y_factor == 0) return std::nullopt;
  set_sizes(mapping, *transform.in_info, *transform.out_info);
  const GstVideoRectangle &in = transform.in_rectangle, &out = transform.out_rectangle;
  mapping.x = axis(x_factor, m[0][2], mapping.swaps ? in.y : in.x, out.x);
  mapping.y = axis(y_factor, m[1][2], mapping.swaps ? in.x : in.y, out.y);
  mapping.seen = map_part(mapping, part_of(in).within(whole(mapping.in_width, mapping.in_height)))
                     .within(part_of(out))
                     .within(whole(mapping.out_width, mapping.out_height));
  if (mapping.seen.is_empty()) return std::nullopt;
  return mapping;
}

double pixel_aspect(const GstVideoInfo& info) {
  const gint n = GST_VIDEO_INFO_PAR_N(&info), d = GST_VIDEO_INFO_PAR_D(&info);
  return n > 0 && d > 0 ? static_cast<double>(n) / d : 1;
}

// The total width of the borders that videoscale's add-borders, which is on by default, would add
// to keep the image's aspect ratio.
double possible_borders(const GstVideoInfo& in, const GstVideoInfo& out) {
  const double in_aspect =
      pixel_aspect(in) * GST_VIDEO_INFO_WIDTH(&in) / GST_VIDEO_INFO_HEIGHT(&in);
  const double width = GST_VIDEO_INFO_WIDTH(&out), height = GST_VIDEO_INFO_HEIGHT(&out);
  const double needed_width = height * in_aspect / pixel_aspect(out);
  return needed_width < width ? width - needed_width : height - height * width / needed_width;
}

// Before 1.28, a scaling element does not report whether it added borders.
std::optional<FrameMapping> from_scale(const GstVideoMetaTransform& transform) {
  FrameMapping mapping;
  set_sizes(mapping, *transform.in_info, *transform.out_info);
  if (!mapping.in_width || !mapping.in_height || !mapping.out_width || !mapping.out_height) {
    return std::nullopt;
  }
  if (possible_borders(*transform.in_info, *transform.out_info) >= kBorders) return std::nullopt;
  mapping.x.factor = static_cast<double>(mapping.out_width) / mapping.in_width;
  mapping.y.factor = static_cast<double>(mapping.out_height) / mapping.in_height;
  mapping.seen = whole(mapping.out_width, mapping.out_height);
  return mapping;
}

}  // namespace

Matrix3 operator*(const Matrix3& a, const Matrix3& b) {
  Matrix3 product = {};
  for (int row = 0; row < 3; row++) {
    for (int column = 0; column < 3; column++) {
      for (int k = 0; k < 3; k++) product[3 * row + column] += a[3 * row + k] * b[3 * k + column];
    }
  }
  return product;
}

Matrix3 transposed(const Matrix3& m) {
  return {m[0], m[3], m[6], m[1], m[4], m[7], m[2], m[5], m[8]};
}

FramePart FramePart::within(const FramePart& other) const {
  return {std::max(left, other.left), std::max(top, other.top), std::min(right, other.right),
          std::min(bottom, other.bottom)};
}

bool FrameMapping::is_known_by(GQuark type) {
  return type == matrix_quark() || GST_VIDEO_META_TRANSFORM_IS_SCALE(type);
}

std::optional<FrameMapping> FrameMapping::create(GQuark type, gconstpointer data) {
  if (type == matrix_quark()) return from_matrix(*static_cast<const MatrixTransform*>(data));
  return from_scale(*static_cast<const GstVideoMetaTransform*>(data));
}

PixelPoint FrameMapping::map(PixelPoint point) const {
  if (swaps) std::swap(point.x, point.y);
  return {x.at(point.x + 0.5) - 0.5, y.at(point.y + 0.5) - 0.5};
}

PixelPoint FrameMapping::map_vector(PixelPoint vector) const {
  if (swaps) std::swap(vector.x, vector.y);
  return {vector.x * x.factor, vector.y * y.factor};
}

bool FrameMapping::shows(PixelPoint point) const {
  return point.x + 0.5 >= seen.left && point.x + 0.5 <= seen.right && point.y + 0.5 >= seen.top &&
         point.y + 0.5 <= seen.bottom;
}

Matrix3 FrameMapping::matrix() const {
  const PixelPoint origin = map({});
  if (swaps) return {0, x.factor, origin.x, y.factor, 0, origin.y, 0, 0, 1};
  return {x.factor, 0, origin.x, 0, y.factor, origin.y, 0, 0, 1};
}

Matrix3 FrameMapping::inverse_matrix() const {
  const PixelPoint origin = map({});
  const double fx = 1 / x.factor, fy = 1 / y.factor;
  if (swaps) return {0, fy, -fy * origin.y, fx, 0, -fx * origin.x, 0, 0, 1};
  return {fx, 0, -fx * origin.x, 0, fy, -fy * origin.y, 0, 0, 1};
}

bool FrameMapping::is_uniform() const {
  return std::fabs(std::fabs(x.factor / y.factor) - 1) < kUniform;
}

double FrameMapping::mean_factor() const { return std::sqrt(std::fabs(x.factor * y.factor)); }

bool FrameMapping::keeps_all() const {
  const FramePart all = map_part(*this, whole(in_width, in_height));
  return all.left >= seen.left - kEdge && all.top >= seen.top - kEdge &&
         all.right <= seen.right + kEdge && all.bottom <= seen.bottom + kEdge;
}

double FrameMapping::share() const { return seen.area() / whole(out_width, out_height).area(); }

bool FrameMapping::is_scaling() const {
  const FramePart all = whole(out_width, out_height);
  const bool fills = seen.left <= kEdge && seen.top <= kEdge && seen.right >= all.right - kEdge &&
                     seen.bottom >= all.bottom - kEdge;
  return !swaps && x.factor > 0 && y.factor > 0 && fills && keeps_all();
}

}  // namespace gsttorch
