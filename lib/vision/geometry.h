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
#include "lib/base/runtime_library.h"
#include "lib/formats/match.h"

namespace gsttorch {

enum class GeometryKind {
  None,
  Homography,   ///< a plane, or a camera that only rotates
  Fundamental,  ///< any rigid scene
};

/// What the matches show about the second image.
enum class Verdict {
  Static,  ///< the same view: inliers moved by less than half a pixel inside the model on average
  Moved,   ///< another view of the same scene
  Lost,    ///< too few matches agree, or only with a homography that no camera produces
};

/// The word for it in metas, messages, records and summaries.
constexpr const char* to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::Static:
      return "static";
    case Verdict::Moved:
      return "moved";
    case Verdict::Lost:
      break;
  }
  return "lost";
}

struct GeometryOptions {
  GeometryKind kind = GeometryKind::Homography;
  double threshold_px = 3;  ///< pixels inside the model; a match beyond this is an outlier
  bool refine = false;      ///< final least squares fit over the inliers
  std::size_t least_inliers = 12;
  /// Size of one pixel inside the model, in pixels of the second image. Matches are accurate to a
  /// fraction of a pixel inside the model; if the image was scaled down for the model, they are
  /// that much less accurate in the image's own pixels. Limits are therefore in pixels of the
  /// model.
  double model_pixel = 1;
};

struct Geometry {
  /// Row by row: second = H first, or second^T F first = 0, in homogeneous pixels. Absent if the
  /// matches do not determine a matrix.
  std::optional<std::array<double, 9>> matrix;
  std::vector<std::uint8_t> inliers;  ///< 1 or 0 per match
  std::size_t inlier_count = 0;
  double residual_px = 0;  ///< root mean square over the inliers
  Verdict verdict = Verdict::Lost;
};

/// Returns GeometryOptions::model_pixel for an image (in pixels) whose longer side inside the model
/// is at most `max_size`; 0: the image's own size.
inline double model_pixel(int width, int height, int max_size) {
  const int longer = std::max(width, height);
  return max_size > 0 && max_size < longer ? static_cast<double>(longer) / max_size : 1;
}

/// Interface to OpenCV in a separate library: its calib3d loads tens of libraries, so only users of
/// geometry pay for them. Thread-safe; no exception crosses the interface.
class Vision {
 public:
  virtual ~Vision() = default;
  virtual std::string version() const = 0;  ///< "OpenCV 4.6.0", for people
  virtual Result<Geometry> estimate(std::span<const Match> matches,
                                    const GeometryOptions& options) = 0;
};

/// Returns libgsttorch-vision.so, which the first call loads with dlopen and which is never
/// unloaded. After a failure, a later call tries again. Searched like the engine; the environment
/// variable is GST_TORCH_VISION_LIBRARY.
Result<Vision*> load_vision();

/// The number in the entry point's name increases with every change of the class above.
#define GSTTORCH_VISION_ENTRY "gsttorch_vision_2"
using VisionEntry = Vision* (*)();

inline constexpr RuntimeLibrary kVisionLibrary{
    "libgsttorch-vision.so", "GST_TORCH_VISION_LIBRARY", GSTTORCH_VISION_ENTRY,
    "build it with OpenCV's calib3d (tools/setup gets it)"};

}  // namespace gsttorch
