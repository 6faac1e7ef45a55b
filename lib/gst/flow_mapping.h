// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <gst/gst.h>

#include "lib/gst/frame_mapping.h"

namespace gsttorch {

/// Converts the fields of a flow meta to those of a frame derived from its frame. Returns false if
/// that is impossible: the result belongs to a frame of another size, or the cropped part affects
/// the figures and there is no array to measure again. Throws std::bad_alloc.
bool map_flow(GstStructure* fields, const FrameMapping& mapping);

}  // namespace gsttorch
