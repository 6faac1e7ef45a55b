// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/vision/geometry.h"

#include "lib/base/runtime_library.h"

namespace gsttorch {

Result<Vision*> load_vision() {
  constexpr RuntimeLibrary kLibrary{"libgsttorch-vision.so", "GST_TORCH_VISION_LIBRARY",
                                    GSTTORCH_VISION_ENTRY,
                                    "build it with OpenCV's calib3d (tools/setup gets it)"};
  const auto entry = open_runtime_library(kLibrary);
  if (!entry) return entry.error();
  return reinterpret_cast<VisionEntry>(*entry)();
}

}  // namespace gsttorch
