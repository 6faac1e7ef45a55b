// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <gst/gst.h>

#include "lib/gst/frame_mapping.h"

namespace gsttorch {

/// Turns the fields of a flow meta into those of the frame that was made from its own. False where
/// that cannot be said: the result is of a frame of another size, or what was cut off counts and
/// there is no array to measure again. Throws std::bad_alloc.
bool map_flow(GstStructure* fields, const FrameMapping& mapping);

}  // namespace gsttorch
