// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <array>
#include <optional>

#include <gst/video/video.h>

namespace gsttorch {

/// A point in pixels of a frame, (0, 0) the centre of the upper left pixel; or a displacement.
struct PixelPoint {
  double x = 0;
  double y = 0;
};

/// Nine numbers, row by row.
using Matrix3 = std::array<double, 9>;

Matrix3 operator*(const Matrix3& a, const Matrix3& b);
Matrix3 transposed(const Matrix3& m);

/// One axis of a mapping, in edges of pixels: pixel 0 reaches from 0 to 1.
struct AxisMapping {
  double factor = 1;
  double offset = 0;

  double at(double from) const { return factor * from + offset; }
  double back(double to) const { return (to - offset) / factor; }
};

/// Part of a frame, in edges of pixels.
struct FramePart {
  double left = 0, top = 0, right = 0, bottom = 0;

  bool is_empty() const { return left >= right || top >= bottom; }
  double area() const { return is_empty() ? 0 : (right - left) * (bottom - top); }
  FramePart within(const FramePart& other) const;
};

/// Where a frame's pixels are in the frame that was made from it by scaling, cropping, borders, and
/// rotation in steps of 90 degrees, mirrored or not.
struct FrameMapping {
  /// Whether a meta's transform of that type says such a thing.
  static bool is_known_by(GQuark type);
  /// Nothing where it does not say enough, or says more than such a mapping can.
  static std::optional<FrameMapping> create(GQuark type, gconstpointer data);

  guint in_width = 0, in_height = 0;    ///< of the frame
  guint out_width = 0, out_height = 0;  ///< of what was made from it
  bool swaps = false;                   ///< the new columns are the old rows
  AxisMapping x, y;                     ///< to the new x and y; from the old y and x where `swaps`
  FramePart seen;                       ///< where the old frame is in the new one

  PixelPoint map(PixelPoint point) const;
  PixelPoint map_vector(PixelPoint vector) const;
  /// Whether the new frame has this point of the old one, which is given in the new one's pixels.
  bool shows(PixelPoint point) const;

  /// As `map`, for homogeneous coordinates.
  Matrix3 matrix() const;
  Matrix3 inverse_matrix() const;

  bool is_uniform() const;     ///< both axes are scaled alike, within 1 %
  double mean_factor() const;  ///< how much longer displacements become; the geometric mean
  bool keeps_all() const;      ///< nothing was cut off
  double share() const;        ///< of the new frame: what the old one takes
  bool is_scaling() const;     ///< nothing else
};

}  // namespace gsttorch
