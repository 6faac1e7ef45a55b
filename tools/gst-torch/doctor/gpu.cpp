// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/cuda/cuda_library.h"
#include "lib/device/cuda_libraries.h"
#include "lib/device/cuda_probe.h"
#include "lib/engine/loader.h"
#include "lib/gst/cuda_context.h"
#include "tools/gst-torch/doctor/doctor.h"

namespace gsttorch {
namespace {

constexpr char kGpu[] = "GPU";

Check check_driver(const CudaProbe& probe) {
  const std::string required = format_required_driver(probe) + " is required";
  Check check{kGpu, "NVIDIA driver", CheckState::Optional, "", ""};
  if (!probe.driver_found) {
    check.detail = "not found (" + probe.driver_problem + "); " + required;
    check.remedy = "if the machine has an NVIDIA GPU, install its driver";
  } else if (probe.driver < probe.required) {
    check.detail = "too old: " + format_driver(probe) + "; " + required;
    check.remedy = "update the driver";
  } else if (!probe.driver_problem.empty()) {
    check.detail = format_driver(probe) + " does not work: " + probe.driver_problem;
    check.remedy = "check that nvidia-smi lists the GPU";
  } else {
    check.state = CheckState::Ok;
    check.detail = format_driver(probe) + "; " + required;
  }
  return check;
}

Check check_device(const CudaProbe& probe, std::size_t index) {
  const CudaDevice& device = probe.devices[index];
  std::string text = device.name + ", compute capability " + device.capability.text() + ", " +
                     gigabytes(device.total_bytes);
  if (device.free_bytes) text += ", " + gigabytes(*device.free_bytes) + " free";
  const bool is_too_old = device.capability < oldest_capability(probe.built);
  if (is_too_old) text += ": too old, " + oldest_capability(probe.built).text() + " is required";
  return {kGpu, "cuda:" + std::to_string(index), is_too_old ? CheckState::Optional : CheckState::Ok,
          text, ""};
}

Check check_torch(const CudaProbe& probe) {
  Check check{kGpu, "LibTorch's CUDA half", CheckState::Ok, probe.torch_library, ""};
  if (!probe.torch_library.empty()) return check;
  check.state = CheckState::Optional;
  check.detail = "no libtorch_cuda.so in " + probe.torch_directory;
  check.remedy = "GST_TORCH_SETUP_CUDA=1 tools/setup";
  return check;
}

// Loads the first, which needs no driver, but not the others, which would bring LibTorch's CUDA
// half and gstcuda.
void check_own_code(Checks& checks) {
  const auto kernels = load_cuda_library();
  checks.push_back({kGpu, "CUDA kernels", kernels ? CheckState::Ok : CheckState::Optional,
                    kernels ? "for " + (*kernels)->version() : kernels.error().message, ""});
  const auto graphs = find_runtime_library(kGraphLibrary);
  checks.push_back({kGpu, "CUDA graphs", graphs ? CheckState::Ok : CheckState::Optional,
                    graphs ? *graphs : graphs.error().message, ""});
  const auto sharing = cuda_context_library();
  checks.push_back({kGpu, "context sharing", sharing ? CheckState::Ok : CheckState::Optional,
                    sharing ? *sharing : sharing.error().message, ""});
}

// In the words of the elements' own error.
Check verdict(const CudaProbe& probe) {
  const auto engine = load_engine();
  const auto usable =
      engine ? (*engine)->resolve_device("cuda") : Result<std::string>(engine.error());
  Check check{kGpu, "device=cuda", CheckState::Optional, "", ""};
  if (!usable) {
    check.detail = usable.error().message;
    return check;
  }
  const auto best = least_loaded_device(probe).value_or(0);
  check.state = CheckState::Ok;
  check.detail = "works; at present, device=auto selects cuda:" + std::to_string(best);
  return check;
}

}  // namespace

void check_gpu(Checks& checks) {
  const CudaProbe probe = probe_cuda(loaded_torch_directory());
  checks.push_back(check_driver(probe));
  for (std::size_t i = 0; i < probe.devices.size(); i++) {
    checks.push_back(check_device(probe, i));
  }
  if (!probe.torch_directory.empty()) checks.push_back(check_torch(probe));
  check_own_code(checks);
  checks.push_back(verdict(probe));
}

}  // namespace gsttorch
