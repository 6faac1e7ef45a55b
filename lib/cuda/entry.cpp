// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <limits>

#include <cuda_runtime_api.h>

#include "lib/cuda/cuda_library.h"
#include "lib/cuda/epilogue_kernel.h"
#include "lib/cuda/image_kernel.h"
#include "lib/cuda/lookup_kernel.h"
#include "lib/device/primary_context.h"

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
    constexpr char kWhat[] = "cannot convert an image on the GPU";
    if (image.width <= 0 || image.height <= 0) {
      return Error{ErrorCode::BadShape, std::string(kWhat) + ": it is empty"};
    }
    return start(kWhat, device, [&] {
      return launch_convert_image(pixel_source(image, scale), layout,
                                  static_cast<cudaStream_t>(stream), out);
    });
  }

  Result<void> look_up(const CorrelationLookup& lookup, int device, void* stream,
                       float* out) override {
    constexpr char kWhat[] = "cannot look up correlation on the GPU";
    if (lookup.batch <= 0 || lookup.pixels <= 0) {
      return Error{ErrorCode::BadShape, std::string(kWhat) + ": there are no query points"};
    }
    return start(kWhat, device,
                 [&] { return launch_lookup(lookup, static_cast<cudaStream_t>(stream), out); });
  }

  Result<void> add_bias(const BiasActivation& work, int device, void* stream) override {
    constexpr char kWhat[] = "cannot add a bias on the GPU";
    if (!is_map(work.pixels, work.channels)) return bad_map(kWhat);
    return start(kWhat, device,
                 [&] { return launch_bias_activation(work, static_cast<cudaStream_t>(stream)); });
  }

  Result<void> normalize(const InstanceNorm& work, int device, void* stream) override {
    constexpr char kWhat[] = "cannot normalize on the GPU";
    if (work.batch <= 0 || work.channels > InstanceNorm::kMostChannels ||
        !is_map(work.batch * work.pixels, work.channels)) {
      return bad_map(kWhat);
    }
    return start(kWhat, device,
                 [&] { return launch_instance_norm(work, static_cast<cudaStream_t>(stream)); });
  }

  Result<void> normalize(const RowNorm& work, int device, void* stream) override {
    constexpr char kWhat[] = "cannot normalize rows on the GPU";
    if (work.channels > RowNorm::kMostChannels || !is_map(work.rows, work.channels)) {
      return bad_map(kWhat);
    }
    return start(kWhat, device,
                 [&] { return launch_row_norm(work, static_cast<cudaStream_t>(stream)); });
  }

 private:
  static bool is_map(std::int64_t pixels, int channels) {
    return pixels > 0 && channels > 0 &&
           pixels <= std::numeric_limits<std::int32_t>::max() / channels;
  }
  static Error bad_map(const char* what) {
    return {ErrorCode::BadShape, std::string(what) + ": the tensor is empty or too large"};
  }

  template <typename Launch>
  static Result<void> start(const char* what, int device, Launch&& launch) {
    const auto context = PrimaryContext::of(device);
    if (!context) return context.error();
    const PrimaryContext::Current current(*context);
    if (!current.status()) return current.status();
    const cudaError_t status = launch();
    if (status != cudaSuccess) return failure(what, status);
    return {};
  }
};

}  // namespace
}  // namespace gsttorch

extern "C" __attribute__((visibility("default"))) gsttorch::CudaLibrary* gsttorch_cuda_2() {
  static auto& kernels = *new gsttorch::Kernels;  // never destroyed: threads may use it until exit
  return &kernels;
}
