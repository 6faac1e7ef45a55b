// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace gsttorch {

/// Grey bytes without padding.
struct GreyImage {
  int width = 0, height = 0;
  std::vector<std::uint8_t> pixels;
};

/// A 3x3 matrix on homogeneous pixels, row-major.
using Homography = std::array<double, 9>;

Homography operator*(const Homography& a, const Homography& b);
Homography inverse(const Homography& m);
std::array<double, 2> apply(const Homography& m, double x, double y);

/// Images in rows of two, each scaled to width x height: a plane for a camera to fly over.
GreyImage mosaic(std::span<const GreyImage> images, int width, int height);

enum class CameraPart { Zoom, Pan, Still };

/// A camera's view of a plane: `to_plane` maps the frame's pixels to the plane.
struct CameraFrame {
  CameraPart part;
  Homography to_plane;
  GreyImage image;
};

struct CameraPath {
  std::uint32_t seed = 1;
  int width = 640, height = 480;
  int frames = 8;    ///< per part: zooming, panning, still
  double noise = 2;  ///< grey levels, standard deviation
};

/// A film of three shots over the plane, each from another position, at a slight slant: zooming by
/// 2 to 5 % per frame, panning by 6 to 14 pixels per frame, and still. Each seed gives another
/// film.
std::vector<CameraFrame> film(const GreyImage& plane, const CameraPath& path);

/// Maps one frame's pixels to another's.
Homography between(const CameraFrame& from, const CameraFrame& to);

/// Mean distance between the corners of an image moved by one and by the other.
double corner_error(const Homography& found, const Homography& truth, int width, int height);

}  // namespace gsttorch
