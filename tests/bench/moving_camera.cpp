// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tests/bench/moving_camera.h"

#include <algorithm>
#include <cmath>

namespace gsttorch {
namespace {

// Catmull-Rom interpolation: as sharp as a camera.
std::array<double, 4> cubic(double t) {
  return {((-0.5 * t + 1) * t - 0.5) * t, (1.5 * t - 2.5) * t * t + 1,
          ((-1.5 * t + 2) * t + 0.5) * t, (0.5 * t - 0.5) * t * t};
}

double pixel(const GreyImage& p, int x, int y) {
  x = std::clamp(x, 0, p.width - 1), y = std::clamp(y, 0, p.height - 1);
  return p.pixels[static_cast<std::size_t>(y) * p.width + x];
}

double sample(const GreyImage& p, double x, double y) {
  const double left = std::floor(x), top = std::floor(y);
  const auto across = cubic(x - left), down = cubic(y - top);
  double sum = 0;
  for (int row = 0; row < 4; row++) {
    for (int column = 0; column < 4; column++) {
      sum += down[row] * across[column] *
             pixel(p, static_cast<int>(left) + column - 1, static_cast<int>(top) + row - 1);
    }
  }
  return sum;
}

// Averages each new pixel's area, sampled on a 4x4 grid.
GreyImage scaled(const GreyImage& from, int width, int height) {
  if (from.width == width && from.height == height) return from;
  GreyImage to{width, height, {}};
  for (int y = 0; y < height; y++) {
    for (int x = 0; x < width; x++) {
      double sum = 0;
      for (int i = 0; i < 16; i++) {
        sum += sample(from, (x + (i % 4 + 0.5) / 4) * from.width / width - 0.5,
                      (y + (i / 4 + 0.5) / 4) * from.height / height - 0.5);
      }
      to.pixels.push_back(static_cast<std::uint8_t>(std::clamp(sum / 16 + 0.5, 0., 255.)));
    }
  }
  return to;
}

struct Pose {
  double x, y, scale, angle, slant_x, slant_y;
};

Homography camera(const Pose& pose, int width, int height) {
  const double c = std::cos(pose.angle) * pose.scale, s = std::sin(pose.angle) * pose.scale;
  const Homography place = {c, -s, pose.x, s, c, pose.y, 0, 0, 1};
  const Homography slant = {1, 0, 0, 0, 1, 0, pose.slant_x, pose.slant_y, 1};
  const Homography centre = {1, 0, -(width - 1) / 2., 0, 1, -(height - 1) / 2., 0, 0, 1};
  return place * slant * centre;
}

GreyImage seen(const GreyImage& plane, const Homography& to_plane, const CameraPath& path,
               std::mt19937& random) {
  std::normal_distribution<double> noise(0, path.noise);
  GreyImage image{path.width, path.height, {}};
  for (int y = 0; y < path.height; y++) {
    for (int x = 0; x < path.width; x++) {
      const auto at = apply(to_plane, x, y);
      const double value = sample(plane, at[0], at[1]) + noise(random);
      image.pixels.push_back(static_cast<std::uint8_t>(std::clamp(value + 0.5, 0., 255.)));
    }
  }
  return image;
}

}  // namespace

Homography operator*(const Homography& a, const Homography& b) {
  Homography product = {};
  for (int i = 0; i < 9; i++) {
    for (int k = 0; k < 3; k++) product[i] += a[i / 3 * 3 + k] * b[3 * k + i % 3];
  }
  return product;
}

Homography inverse(const Homography& m) {
  const Homography cofactors = {
      m[4] * m[8] - m[5] * m[7], m[2] * m[7] - m[1] * m[8], m[1] * m[5] - m[2] * m[4],
      m[5] * m[6] - m[3] * m[8], m[0] * m[8] - m[2] * m[6], m[2] * m[3] - m[0] * m[5],
      m[3] * m[7] - m[4] * m[6], m[1] * m[6] - m[0] * m[7], m[0] * m[4] - m[1] * m[3]};
  return cofactors;  // scaled by the determinant, which does not matter for homogeneous pixels
}

std::array<double, 2> apply(const Homography& m, double x, double y) {
  const double w = m[6] * x + m[7] * y + m[8];
  return {(m[0] * x + m[1] * y + m[2]) / w, (m[3] * x + m[4] * y + m[5]) / w};
}

GreyImage mosaic(std::span<const GreyImage> images, int width, int height) {
  const int rows = (static_cast<int>(images.size()) + 1) / 2;
  GreyImage plane{2 * width, rows * height, {}};
  plane.pixels.resize(static_cast<std::size_t>(plane.width) * plane.height);
  for (int i = 0; i < 2 * rows; i++) {
    const GreyImage part = scaled(images[i % images.size()], width, height);
    for (int y = 0; y < height; y++) {
      std::copy_n(part.pixels.begin() + static_cast<std::ptrdiff_t>(y) * width, width,
                  plane.pixels.begin() +
                      (static_cast<std::ptrdiff_t>(i / 2) * height + y) * plane.width +
                      i % 2 * width);
    }
  }
  return plane;
}

std::vector<CameraFrame> film(const GreyImage& plane, const CameraPath& path) {
  std::mt19937 random(path.seed);
  const auto between = [&](double low, double high) {
    return low + (high - low) * (random() / 4294967296.);
  };
  std::vector<CameraFrame> frames;
  for (const CameraPart part : {CameraPart::Zoom, CameraPart::Pan, CameraPart::Still}) {
    const double x = between(0.33, 0.67) * plane.width, y = between(0.33, 0.67) * plane.height;
    const double angle = between(-0.1, 0.1), direction = between(0, 6.283);
    const double zoom = between(1.02, 1.05), speed = between(6, 14);
    const double slant_x = between(-1e-4, 1e-4), slant_y = between(-1e-4, 1e-4);
    const double first_scale = part == CameraPart::Zoom ? between(0.7, 0.85) : 1;
    for (int i = 0; i < path.frames; i++) {
      Pose pose{x, y, first_scale, angle, slant_x, slant_y};
      const double steps = i - path.frames / 2.;
      if (part == CameraPart::Zoom) pose.scale *= std::pow(zoom, i), pose.angle += 0.002 * i;
      if (part == CameraPart::Pan) {
        pose.x += steps * speed * std::cos(direction),
            pose.y += steps * speed * std::sin(direction);
        pose.angle += 0.001 * i;
      }
      const Homography to_plane = camera(pose, path.width, path.height);
      frames.push_back({part, to_plane, seen(plane, to_plane, path, random)});
    }
  }
  return frames;
}

Homography between(const CameraFrame& from, const CameraFrame& to) {
  return inverse(to.to_plane) * from.to_plane;
}

double corner_error(const Homography& found, const Homography& truth, int width, int height) {
  double sum = 0;
  for (const double x : {0., width - 1.}) {
    for (const double y : {0., height - 1.}) {
      const auto a = apply(found, x, y), b = apply(truth, x, y);
      sum += std::hypot(a[0] - b[0], a[1] - b[1]);
    }
  }
  return sum / 4;
}

}  // namespace gsttorch
