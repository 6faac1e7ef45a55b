// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/support/drawing/image_canvas.h"

#include "lib/base/runtime_library.h"

namespace gsttorch {

Result<std::unique_ptr<ImageCanvas>> ImageCanvas::create(int width, int height,
                                                         const Color& background) {
  constexpr RuntimeLibrary kLibrary{"libgsttorch-drawing.so", "GST_TORCH_DRAWING_LIBRARY",
                                    GSTTORCH_DRAWING_ENTRY, "install gst-torch as a whole"};
  const auto entry = open_runtime_library(kLibrary);
  if (!entry) return entry.error();
  const auto make = reinterpret_cast<DrawingEntry>(*entry);
  return std::unique_ptr<ImageCanvas>(make(width, height, background));
}

}  // namespace gsttorch
