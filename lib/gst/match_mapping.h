// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <optional>

#include "lib/gst/frame_mapping.h"
#include "lib/gst/gsttorchmatchmeta.h"
#include "lib/gst/util/ref.h"

namespace gsttorch {

/// A match result converted to a frame derived from its frame: points, matrix and sizes, also those
/// of the reference unless it is an image file. Matches whose points the new frame does not show
/// are dropped.
struct MappedMatch {
  GstTorchMatch match;  ///< borrows the strings of the original, and `rows`
  Ref<GstBuffer> rows;  ///< null if there was no array
};

/// Returns nothing if that is impossible: the result belongs to a frame of another size, or matches
/// were cropped and there is no array to count again. Throws std::bad_alloc.
std::optional<MappedMatch> map_match(const GstTorchMatch& match, const FrameMapping& mapping);

}  // namespace gsttorch
