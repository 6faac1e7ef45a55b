// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <optional>

#include "lib/gst/frame_mapping.h"
#include "lib/gst/gsttorchmatchmeta.h"
#include "lib/gst/util/ref.h"

namespace gsttorch {

/// A match result of a frame, as one of the frame that was made from it: its points, its matrix,
/// its sizes; those of the reference too, unless it is an image file. Matches whose points the new
/// frame does not have are left out.
struct MappedMatch {
  GstTorchMatch match;  ///< borrows the strings of the one it was made from, and the rows
  Ref<GstBuffer> rows;  ///< null where there was no array
};

/// Nothing where it cannot be said: the result is of a frame of another size, or what was cut off
/// counted and there is no array to count again. Throws std::bad_alloc.
std::optional<MappedMatch> map_match(const GstTorchMatch& match, const FrameMapping& mapping);

}  // namespace gsttorch
