// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/formats/flow_magnitude.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace gsttorch {

FlowMagnitude flow_magnitude(const FlowView& flow, double scale_x, double scale_y) {
  std::vector<float> row(2 * static_cast<std::size_t>(flow.width));
  double sum = 0, max = 0;
  std::size_t known = 0;
  for (int y = 0; y < flow.height; y++) {
    flow.read_row(y, row.data());
    for (std::size_t i = 0; i < row.size(); i += 2) {
      if (!FlowVector{row[i], row[i + 1]}.is_known()) continue;
      const double dx = row[i] * scale_x, dy = row[i + 1] * scale_y;
      const double length = std::sqrt(dx * dx + dy * dy);
      sum += length;
      max = std::max(max, length);
      known++;
    }
  }
  return {known ? sum / static_cast<double>(known) : 0, max};
}

}  // namespace gsttorch
