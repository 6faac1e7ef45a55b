// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/cuda/color_conversion.h"
#include "lib/cuda/kernel_parameters.h"
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

  /// Converts on `stream` (a cudaStream_t of that device) an image whose planes lie in the memory
  /// of `device`. `out`, there too, holds 3 x height x width floats. Returns before it is done.
  virtual Result<void> convert_image(const ImageView& image, const PixelScale& scale,
                                     PixelLayout layout, int device, void* stream, float* out) = 0;

  /// RAFT's lookup, on `stream`. All arrays lie in the memory of `device`; out [B, pixels,
  /// channels], channel = (level, dx, dy) with dy the fastest. Returns before it is done.
  virtual Result<void> look_up(const CorrelationLookup& lookup, int device, void* stream,
                               float* out) = 0;

  // Of maps of fewer than 2^31 elements, in the memory of `device`, in place. They return before it
  // is done.
  virtual Result<void> add_bias(const BiasActivation& work, int device, void* stream) = 0;
  virtual Result<void> normalize(const InstanceNorm& work, int device, void* stream) = 0;
  virtual Result<void> normalize(const RowNorm& work, int device, void* stream) = 0;
};

/// libgsttorch-cuda.so, loaded with dlopen by the first call and never unloaded. A failure is not
/// remembered. Looked for as the engine is; the environment variable is
/// GST_TORCH_CUDA_LIBRARY.
Result<CudaLibrary*> load_cuda_library();

/// Number in the name of the library's entry point: changes with the class above.
#define GSTTORCH_CUDA_ENTRY "gsttorch_cuda_2"
using CudaEntry = CudaLibrary* (*)();

}  // namespace gsttorch
