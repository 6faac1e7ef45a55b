// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include "lib/engine/flow_model.h"

namespace gsttorch {

/// The flow between two identical frames of this size (pixels): zero, certain, after 0 iterations.
FlowResult zero_flow(int width, int height, const FlowOptions& options);

}  // namespace gsttorch
