// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <gst/gst.h>

#include "lib/gst/frame_mapping.h"
#include "lib/gst/mapped_flow.h"
#include "lib/gst/util/ref.h"

namespace gsttorch {

/// The grid for a frame derived from one with the given grid: the same resolution, float32.
FlowGrid remapped_grid(const FlowGrid& grid, const FrameMapping& mapping);

/// Converts an array of vectors to a frame derived from its frame. Vectors keep pointing to the
/// same content, in pixels of the new grid; they are zero where the new frame does not show the old
/// one, because borders do not move. Computed when the buffer is first mapped, so that elements
/// that only pass it on pay nothing: until then it keeps a reference to the source array. Throws
/// std::bad_alloc.
Ref<GstBuffer> remap_vectors(GstBuffer* vectors, const FlowGrid& grid, const FrameMapping& mapping);
/// The same for a confidence.
Ref<GstBuffer> remap_confidence(GstBuffer* confidence, const FlowGrid& grid,
                                const FrameMapping& mapping);

}  // namespace gsttorch
