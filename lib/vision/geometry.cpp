// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/vision/geometry.h"

namespace gsttorch {

Result<Vision*> load_vision() {
  const auto entry = open_runtime_library(kVisionLibrary);
  if (!entry) return entry.error();
  return reinterpret_cast<VisionEntry>(*entry)();
}

}  // namespace gsttorch
