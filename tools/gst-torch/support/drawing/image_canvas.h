// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <memory>

#include "lib/base/result.h"
#include "lib/base/runtime_library.h"
#include "tools/gst-torch/support/drawing/canvas.h"
#include "tools/gst-torch/support/image.h"

namespace gsttorch {

/// As pixels. Letters beyond ASCII are question marks.
class ImageCanvas : public Canvas {
 public:
  /// Loads the library that draws: OpenCV's core brings a BLAS, and one that the program itself
  /// were linked to would take the place of LibTorch's.
  static Result<std::unique_ptr<ImageCanvas>> create(int width, int height,
                                                     const Color& background);

  /// Another image, with its top left corner there; what lies outside is cut off.
  virtual void paste(const Image& image, int x, int y) = 0;

  virtual const Image& image() const = 0;
};

/// What that library exports; the caller owns the canvas.
#define GSTTORCH_DRAWING_ENTRY "gsttorch_drawing_1"
using DrawingEntry = ImageCanvas* (*)(int width, int height, const Color& background);

inline constexpr RuntimeLibrary kDrawingLibrary{"libgsttorch-drawing.so",
                                                "GST_TORCH_DRAWING_LIBRARY", GSTTORCH_DRAWING_ENTRY,
                                                "reinstall gst-torch completely"};

}  // namespace gsttorch
