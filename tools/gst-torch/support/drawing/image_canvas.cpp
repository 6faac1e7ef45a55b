// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/support/drawing/image_canvas.h"

namespace gsttorch {

Result<std::unique_ptr<ImageCanvas>> ImageCanvas::create(int width, int height,
                                                         const Color& background) {
  const auto entry = open_runtime_library(kDrawingLibrary);
  if (!entry) return entry.error();
  const auto make = reinterpret_cast<DrawingEntry>(*entry);
  return std::unique_ptr<ImageCanvas>(make(width, height, background));
}

}  // namespace gsttorch
