// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <cuda_runtime_api.h>

#include "lib/cuda/image_kernel.h"
#include "lib/engine/cuda_library.h"
#include "lib/engine/primary_context.h"

namespace gsttorch {
namespace {

Error failure(const char* what, cudaError_t status) {
  return {ErrorCode::DeviceUnavailable, std::string(what) + ": " + cudaGetErrorString(status) +
                                            " (" + cudaGetErrorName(status) + ")"};
}

class Kernels final : public CudaLibrary {
 public:
  std::string version() const override {
    return "CUDA " + std::to_string(CUDART_VERSION / 1000) + "." +
           std::to_string(CUDART_VERSION % 1000 / 10);
  }

  Result<void> convert_image(const ImageView& image, const PixelScale& scale, PixelLayout layout,
                             int device, void* stream, float* out) override {
    constexpr char kWhat[] = "cannot convert a picture on the GPU";
    if (image.width <= 0 || image.height <= 0) {
      return Error{ErrorCode::BadShape, std::string(kWhat) + ": it has no pixels"};
    }
    const auto context = PrimaryContext::of(device);
    if (!context) return context.error();
    const PrimaryContext::Current current(*context);
    if (!current.status()) return current.status();
    const cudaError_t status = launch_convert_image(pixel_source(image, scale), layout,
                                                    static_cast<cudaStream_t>(stream), out);
    if (status != cudaSuccess) return failure(kWhat, status);
    return {};
  }
};

}  // namespace
}  // namespace gsttorch

extern "C" __attribute__((visibility("default"))) gsttorch::CudaLibrary* gsttorch_cuda_1() {
  static gsttorch::Kernels kernels;
  return &kernels;
}
