// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include "lib/formats/flow_view.h"

namespace gsttorch {

/// Lengths of vectors, in pixels.
struct FlowMagnitude {
  double mean = 0;
  double max = 0;
};

/// Statistics of the known vectors of an array after multiplying their components by the factors.
FlowMagnitude flow_magnitude(const FlowView& flow, double scale_x = 1, double scale_y = 1);

}  // namespace gsttorch
