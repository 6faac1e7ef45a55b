// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/formats/match.h"

namespace gsttorch {

enum class GeometryKind {
  None,
  Homography,   ///< a plane, or a camera that only turns
  Fundamental,  ///< any rigid scene
};

/// What the matches say of the second image.
enum class Verdict {
  Static,  ///< the same view: in the mean inliers moved by less than half a pixel inside the model
  Moved,   ///< another view of the same thing
  Lost,    ///< too few matches agree
};

struct GeometryOptions {
  GeometryKind kind = GeometryKind::Homography;
  double threshold_px = 3;  ///< pixels inside the model; beyond, a match is an outlier
  bool refine = false;      ///< least squares over the inliers at the end
  std::size_t least_inliers = 12;
  /// Side of a pixel inside the model, in pixels of the second image. Matches are found to a part
  /// of a pixel that the model saw: in an image that was scaled down for it they are that much
  /// less exact in the image's own pixels, so limits are in pixels of the model.
  double model_pixel = 1;
};

struct Geometry {
  /// Row by row: second = H first, or second^T F first = 0, in homogeneous pixels. None where the
  /// matches do not determine one.
  std::optional<std::array<double, 9>> matrix;
  std::vector<std::uint8_t> inliers;  ///< 1 or 0 for each match
  std::size_t inlier_count = 0;
  double residual_px = 0;  ///< root mean square over the inliers
  Verdict verdict = Verdict::Lost;
};

/// GeometryOptions::model_pixel of an image (pixels) whose longer side is at most `max_size`
/// inside the model; 0: its own size.
inline double model_pixel(int width, int height, int max_size) {
  const int longer = std::max(width, height);
  return max_size > 0 && max_size < longer ? static_cast<double>(longer) / max_size : 1;
}

/// OpenCV behind an interface: its calib3d maps tens of libraries, which only those who ask for
/// geometry pay for. Thread-safe; nothing that is thrown behind it comes out.
class Vision {
 public:
  virtual ~Vision() = default;
  virtual std::string version() const = 0;  ///< "OpenCV 4.6.0", for people
  virtual Result<Geometry> estimate(std::span<const Match> matches,
                                    const GeometryOptions& options) = 0;
};

/// libgsttorch-vision.so, loaded with dlopen by the first call and never unloaded. A failure is not
/// remembered. Looked for as the engine is; the environment variable is GST_TORCH_VISION_LIBRARY.
Result<Vision*> load_vision();

/// Number in the name of the library's entry point: changes with the class above.
#define GSTTORCH_VISION_ENTRY "gsttorch_vision_2"
using VisionEntry = Vision* (*)();

}  // namespace gsttorch
