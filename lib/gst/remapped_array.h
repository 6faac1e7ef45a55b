// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <gst/gst.h>

#include "lib/gst/frame_mapping.h"
#include "lib/gst/mapped_flow.h"
#include "lib/gst/util/ref.h"

namespace gsttorch {

/// The grid of arrays of a frame that was made from one with that grid: of the same resolution,
/// float32.
FlowGrid remapped_grid(const FlowGrid& grid, const FrameMapping& mapping);

/// An array of vectors as one of the frame that was made from its own. Vectors point where they
/// did, in pixels of the new grid; where the new frame shows nothing of the old one they are zero,
/// for borders do not move. Made when it is mapped first, so that nobody pays who only passes it
/// on: the buffer holds the array it is made from until then. Throws std::bad_alloc.
Ref<GstBuffer> remap_vectors(GstBuffer* vectors, const FlowGrid& grid, const FrameMapping& mapping);
/// The same for a confidence.
Ref<GstBuffer> remap_confidence(GstBuffer* confidence, const FlowGrid& grid,
                                const FrameMapping& mapping);

}  // namespace gsttorch
