// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include "lib/gst/gsttorchmatchmeta.h"

namespace gsttorch {

/// Makes `match` one of a frame that was scaled to width x height: its points, its matrix, its
/// sizes; those of the reference too, unless it is a picture file. Returns the new array of matches
/// (transfer full, null where there was none); `match` still has the old one.
GstBuffer* scale_match(GstTorchMatch& match, guint width, guint height);

}  // namespace gsttorch
