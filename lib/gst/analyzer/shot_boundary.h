// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include "lib/gst/gsttorchshotmeta.h"

namespace gsttorch {

/// What a scenedetect upstream says of a frame: a cut, else what else begins a shot there.
GstTorchShotBoundary shot_boundary(GstBuffer* buffer);

/// The same of several frames together.
inline GstTorchShotBoundary stronger(GstTorchShotBoundary a, GstTorchShotBoundary b) {
  if (a == GST_TORCH_SHOT_BOUNDARY_CUT || b == GST_TORCH_SHOT_BOUNDARY_NONE) return a;
  return b;
}

}  // namespace gsttorch
