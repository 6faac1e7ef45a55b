// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include "lib/core/result.h"
#include "lib/engine/color_conversion.h"
#include "lib/engine/image.h"

namespace gsttorch {

enum class PixelLayout {
  Planar,        ///< [3, H, W]
  ChannelsLast,  ///< [H, W, 3]
};

/// Our own CUDA code, which lies in a library of its own that is loaded only when a CUDA device is
/// used. Needs no LibTorch and no GStreamer. Thread-safe; what CUDA refuses is an Error that gives
/// CUDA's own reason.
class CudaLibrary {
 public:
  virtual ~CudaLibrary() = default;

  /// "CUDA 13.2", for people: what it was compiled with.
  virtual std::string version() const = 0;

  /// Converts on `stream` (a cudaStream_t of that device) a picture whose planes lie in the memory
  /// of `device`. `out`, there too, holds 3 x height x width floats. Returns before it is done.
  virtual Result<void> convert_image(const ImageView& image, const PixelScale& scale,
                                     PixelLayout layout, int device, void* stream, float* out) = 0;
};

/// libgsttorch-cuda.so, loaded with dlopen by the first call and never unloaded. A failure is not
/// remembered. Looked for as the engine is; the environment variable is
/// GST_TORCH_CUDA_LIBRARY.
Result<CudaLibrary*> load_cuda_library();

/// Number in the name of the library's entry point: changes with the class above.
#define GSTTORCH_CUDA_ENTRY "gsttorch_cuda_1"
using CudaEntry = CudaLibrary* (*)();

}  // namespace gsttorch
