// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <array>
#include <optional>

#include <gst/video/video.h>

namespace gsttorch {

/// A point in pixels of a frame, where (0, 0) is the centre of the upper left pixel; or a
/// displacement.
struct PixelPoint {
  double x = 0;
  double y = 0;
};

/// Row-major.
using Matrix3 = std::array<double, 9>;

Matrix3 operator*(const Matrix3& a, const Matrix3& b);
Matrix3 transposed(const Matrix3& m);

/// One axis of a mapping, in pixel edges: pixel 0 extends from 0 to 1.
struct AxisMapping {
  double factor = 1;
  double offset = 0;

  double at(double from) const { return factor * from + offset; }
  double back(double to) const { return (to - offset) / factor; }
};

/// Part of a frame, in pixel edges.
struct FramePart {
  double left = 0, top = 0, right = 0, bottom = 0;

  bool is_empty() const { return left >= right || top >= bottom; }
  double area() const { return is_empty() ? 0 : (right - left) * (bottom - top); }
  FramePart within(const FramePart& other) const;
};

/// Maps a frame's pixels to the frame derived from it by scaling, cropping, borders, and rotation
/// in steps of 90 degrees, mirrored or not.
struct FrameMapping {
  /// Whether meta transforms of that type describe such a mapping.
  static bool is_known_by(GQuark type);
  /// Returns nothing if the transform is incomplete, or more general than such a mapping.
  static std::optional<FrameMapping> create(GQuark type, gconstpointer data);

  guint in_width = 0, in_height = 0;    ///< of the original frame
  guint out_width = 0, out_height = 0;  ///< of the derived frame
  bool swaps = false;                   ///< the new columns are the old rows
  AxisMapping x, y;                     ///< to the new x and y; from the old y and x if `swaps`
  FramePart seen;                       ///< the part of the new frame that shows the old one

  PixelPoint map(PixelPoint point) const;
  PixelPoint map_vector(PixelPoint vector) const;
  /// Whether the new frame shows a point of the old one. The point is in the new frame's pixels.
  bool shows(PixelPoint point) const;

  /// Like `map`, for homogeneous coordinates.
  Matrix3 matrix() const;
  Matrix3 inverse_matrix() const;

  bool is_uniform() const;     ///< both axes have the same scale, within 1 %
  double mean_factor() const;  ///< scale of displacements: the geometric mean
  bool keeps_all() const;      ///< nothing was cropped
  double share() const;        ///< the share of the new frame that the old one covers
  bool is_scaling() const;     ///< the mapping is only a scaling
};

}  // namespace gsttorch
