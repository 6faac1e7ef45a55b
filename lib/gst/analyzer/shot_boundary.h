// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include "lib/gst/gsttorchshotmeta.h"

namespace gsttorch {

/// The boundary that a scenedetect upstream found at a frame: a cut before any other kind.
GstTorchShotBoundary shot_boundary(GstBuffer* buffer);

/// The stronger of two boundaries, for several frames together.
inline GstTorchShotBoundary stronger(GstTorchShotBoundary a, GstTorchShotBoundary b) {
  if (a == GST_TORCH_SHOT_BOUNDARY_CUT || b == GST_TORCH_SHOT_BOUNDARY_NONE) return a;
  return b;
}

}  // namespace gsttorch
