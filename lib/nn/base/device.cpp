// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/base/device.h"

#include <charconv>
#include <string_view>

#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "lib/device/cuda_libraries.h"
#include "lib/device/cuda_probe.h"
#include "lib/nn/base/failure.h"

namespace gsttorch {
namespace {

// Loads LibTorch's CUDA half, which this library does not link, and verifies that it works.
// LibTorch checks for it only once, at the first query, so no code may query it before this.
Result<void> register_cuda(const CudaProbe& probe) {
  if (auto loaded = load_torch_cuda(probe.torch_library); !loaded) return loaded;
  const auto& cuda = at::detail::getCUDAHooks();
  if (!cuda.hasCUDART()) {
    return Error{ErrorCode::DeviceUnavailable,
                 "no CUDA device: LibTorch could not use its CUDA half " + probe.torch_library +
                     ", because this process had already used LibTorch: use device=cuda in a new "
                     "process, or use device=cpu"};
  }
  if (static_cast<std::size_t>(cuda.deviceCount()) == probe.devices.size()) return {};
  return Error{ErrorCode::DeviceUnavailable,
               "no CUDA device: the driver reports " + std::to_string(probe.devices.size()) +
                   ", but LibTorch can use " + std::to_string(cuda.deviceCount()) +
                   ": check that nvidia-smi works, or use device=cpu"};
}

Result<CudaProbe> usable_cuda() {
  CudaProbe probe = probe_cuda(loaded_torch_directory());
  if (auto usable = check_cuda(probe); !usable) return usable.error();
  if (auto registered = register_cuda(probe); !registered) return registered.error();
  return probe;
}

c10::Device cuda(std::size_t index) {
  return c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(index));
}

c10::Device least_loaded() {
  const auto probe = usable_cuda();
  const auto index = probe ? least_loaded_device(*probe) : std::nullopt;
  return index ? cuda(*index) : c10::Device(c10::kCPU);
}

Result<c10::Device> cuda_device(std::string_view number) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), index);
  if (error != std::errc() || end != number.data() + number.size()) {
    return Error{ErrorCode::BadArgument, "device cuda:" + std::string(number) +
                                             " is invalid: use cuda:0, cuda:1 and so on"};
  }
  const auto probe = usable_cuda();
  if (!probe) return probe.error();
  if (auto usable = check_cuda_device(*probe, index); !usable) return usable.error();
  return cuda(index);
}

}  // namespace

Result<c10::Device> parse_device(const std::string& name) {
  return caught("device", [&]() -> Result<c10::Device> {
    if (name == "cpu") return c10::Device(c10::kCPU);
    if (name == "auto") return least_loaded();
    if (name == "cuda") return cuda_device("0");
    if (name.starts_with("cuda:")) return cuda_device(std::string_view(name).substr(5));
    return Error{ErrorCode::BadArgument,
                 "unknown device \"" + name + "\": use auto, cpu, cuda or cuda:N"};
  });
}

void take_own_stream(const std::string& device) {
  if (!device.starts_with("cuda:")) return;
  const c10::Device cuda(device);
  const c10::impl::VirtualGuardImpl streams(cuda.type());
  streams.exchangeStream(streams.getStreamFromGlobalPool(cuda));
}

void wait_for_work(c10::Device device) {
  if (device.type() != c10::kCUDA) return;
  const c10::impl::VirtualGuardImpl streams(device.type());
  streams.synchronizeStream(streams.getStream(device));
}

std::vector<std::string> available_devices() {
  std::vector<std::string> names{"cpu"};
  const auto probe = caught("devices", usable_cuda);
  for (std::size_t i = 0; probe && i < probe->devices.size(); i++) {
    if (check_cuda_device(*probe, i)) names.push_back("cuda:" + std::to_string(i));
  }
  return names;
}

}  // namespace gsttorch
