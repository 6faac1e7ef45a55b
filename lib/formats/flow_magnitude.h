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

/// Of the known vectors of an array, their components multiplied by the factors first.
FlowMagnitude flow_magnitude(const FlowView& flow, double scale_x = 1, double scale_y = 1);

}  // namespace gsttorch
