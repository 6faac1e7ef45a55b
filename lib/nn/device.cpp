// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/device.h"

#include <charconv>
#include <mutex>
#include <string_view>

#include <dlfcn.h>

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>

#include "lib/nn/failure.h"

namespace gsttorch {
namespace {

constexpr char kNoDriver[] =
    "no CUDA device: the NVIDIA driver (libcuda.so.1) is not installed; use device=cpu";

// Registers LibTorch's CUDA half, which this library does not link: half a gigabyte that a machine
// without a GPU never maps.
Result<int> load_cuda() {
  static std::mutex mutex;
  static bool loaded = false;
  const std::lock_guard lock(mutex);
  if (!loaded) {
    if (!dlopen("libcuda.so.1", RTLD_NOW | RTLD_GLOBAL)) {
      return Error{ErrorCode::DeviceUnavailable, kNoDriver};
    }
    if (!dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL)) {
      return Error{ErrorCode::DeviceUnavailable,
                   std::string("no CUDA device: LibTorch's CUDA half cannot be loaded (") +
                       dlerror() +
                       "); run tools/setup on the machine with the GPU, or use device=cpu"};
    }
    loaded = true;
  }
  const int count = at::hasCUDA() ? at::detail::getCUDAHooks().deviceCount() : 0;
  if (count > 0) return count;
  return Error{ErrorCode::DeviceUnavailable,
               "no CUDA device: the driver reports none; use device=cpu"};
}

Result<c10::Device> cuda_device(std::string_view number) {
  int index = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), index);
  if (error != std::errc() || end != number.data() + number.size() || index < 0) {
    return Error{ErrorCode::BadArgument,
                 "device cuda:" + std::string(number) + " is not cuda:0, cuda:1 and so on"};
  }
  const Result<int> count = load_cuda();
  if (!count) return count.error();
  if (index >= *count) {
    return Error{ErrorCode::DeviceUnavailable, "device cuda:" + std::to_string(index) +
                                                   " does not exist: there are " +
                                                   std::to_string(*count)};
  }
  return c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(index));
}

}  // namespace

Result<c10::Device> parse_device(const std::string& name) {
  return caught("device", [&]() -> Result<c10::Device> {
    if (name == "cpu") return c10::Device(c10::kCPU);
    if (name == "auto") {
      const auto cuda = load_cuda();
      return cuda ? c10::Device(c10::kCUDA, 0) : c10::Device(c10::kCPU);
    }
    if (name == "cuda") return cuda_device("0");
    if (name.starts_with("cuda:")) return cuda_device(std::string_view(name).substr(5));
    return Error{ErrorCode::BadArgument,
                 "device \"" + name + "\" is none of auto, cpu, cuda, cuda:N"};
  });
}

std::vector<std::string> available_devices() {
  std::vector<std::string> names{"cpu"};
  const auto cuda = load_cuda();
  for (int i = 0; cuda && i < *cuda; i++) names.push_back("cuda:" + std::to_string(i));
  return names;
}

}  // namespace gsttorch
