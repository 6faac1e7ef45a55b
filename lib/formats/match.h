// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

namespace gsttorch {

/// Position of a point in two images: in pixels, with pixel centres at whole numbers.
struct Match {
  float x0, y0;      ///< in the first image
  float x1, y1;      ///< in the second image
  float confidence;  ///< 0..1

  bool operator==(const Match&) const = default;
};

}  // namespace gsttorch
