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

/// This project's CUDA code, in a library of its own that is loaded only if a CUDA device is used.
/// Needs no LibTorch and no GStreamer. Thread-safe; an Error contains CUDA's own error text.
class CudaLibrary {
 public:
  virtual ~CudaLibrary() = default;

  /// Version it was compiled with, for people: "CUDA 13.2".
  virtual std::string version() const = 0;

  /// Converts an image on `stream` (a cudaStream_t of `device`). The image's planes and `out`, 3 x
  /// height x width floats, must be in the memory of `device`. Returns before the work is done.
  virtual Result<void> convert_image(const ImageView& image, const PixelScale& scale,
                                     PixelLayout layout, int device, void* stream, float* out) = 0;

  /// RAFT's lookup, on `stream`. All arrays must be in the memory of `device`; out [B, pixels,
  /// channels], channel = (level, dx, dy) with dy varying fastest. Returns before the work is done.
  virtual Result<void> look_up(const CorrelationLookup& lookup, int device, void* stream,
                               float* out) = 0;

  // These work in place on arrays of fewer than 2^31 elements in the memory of `device` and return
  // before the work is done.
  virtual Result<void> add_bias(const BiasActivation& work, int device, void* stream) = 0;
  virtual Result<void> normalize(const InstanceNorm& work, int device, void* stream) = 0;
  virtual Result<void> normalize(const RowNorm& work, int device, void* stream) = 0;
};

/// Returns libgsttorch-cuda.so, which the first call loads with dlopen and which is never unloaded.
/// After a failure, a later call tries again. Searched like the engine; the environment variable is
/// GST_TORCH_CUDA_LIBRARY.
Result<CudaLibrary*> load_cuda_library();

/// The number in the entry point's name increases with every change of the class above.
#define GSTTORCH_CUDA_ENTRY "gsttorch_cuda_2"
using CudaEntry = CudaLibrary* (*)();

}  // namespace gsttorch
