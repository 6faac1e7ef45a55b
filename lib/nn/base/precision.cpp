// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/base/precision.h"

#include "lib/device/cuda_libraries.h"
#include "lib/device/cuda_probe.h"
#include "lib/nn/base/device.h"
#include "lib/nn/base/failure.h"

namespace gsttorch {
namespace {

constexpr CudaVersion kFirstWithBf16{8, 0};

// With AVX-512 but without AVX512_BF16, oneDNN would also compute in bfloat16, but slower than in
// float32.
bool cpu_has_bf16() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

DeviceAbilities abilities_of(c10::Device device) {
  if (!device.is_cuda()) return {false, cpu_has_bf16(), "cpu"};
  const CudaProbe probe = probe_cuda(loaded_torch_directory());
  const CudaDevice& gpu = probe.devices.at(device.index());
  return {true, gpu.capability >= kFirstWithBf16,
          device.str() + " (" + gpu.name + ", compute capability " + gpu.capability.text() + ")"};
}

Error unusable(const std::string& text) { return {ErrorCode::BadArgument, "precision " + text}; }

}  // namespace

Result<c10::ScalarType> compute_type(Precision precision, const DeviceAbilities& device) {
  switch (precision) {
    case Precision::Auto:
    case Precision::Fp32:
      return c10::kFloat;
    case Precision::Fp16:
      if (device.is_cuda) return c10::kHalf;
      return unusable(device.has_bf16 ? "fp16 requires a CUDA device: use bf16 or fp32 on the CPU"
                                      : "fp16 requires a CUDA device: use fp32 on this CPU");
    case Precision::Reduced:
      // On the CPU, float32 convolutions are as fast as bfloat16's: only they use Winograd's
      // algorithm.
      if (!device.is_cuda) return c10::kFloat;
      return device.has_bf16 ? c10::kBFloat16 : c10::kHalf;
    case Precision::Bf16:
      if (device.has_bf16) return c10::kBFloat16;
      return unusable(device.is_cuda
                          ? "bf16 requires compute capability 8.0 or later, but the device is " +
                                device.name + ": use fp16 or fp32"
                          : "bf16 requires AVX512_BF16, but this CPU does not have it: use fp32");
  }
  return unusable("must be auto, fp32, fp16, bf16 or reduced");
}

Precision precision_of(c10::ScalarType type) {
  if (type == c10::kHalf) return Precision::Fp16;
  return type == c10::kBFloat16 ? Precision::Bf16 : Precision::Fp32;
}

Result<ComputeTarget> compute_target(const ModelOptions& options) {
  const auto device = parse_device(options.device);
  if (!device) return device.error();
  const bool is_plain =
      options.precision == Precision::Auto || options.precision == Precision::Fp32;
  if (is_plain) return ComputeTarget(*device);
  return caught("precision", [&]() -> Result<ComputeTarget> {
    const auto type = compute_type(options.precision, abilities_of(*device));
    if (!type) return type.error();
    return ComputeTarget(*device, *type);
  });
}

}  // namespace gsttorch
