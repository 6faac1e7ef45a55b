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

Finding driver_finding(const CudaProbe& probe) {
  const std::string required = required_driver_text(probe) + " is required";
  Finding finding{kGpu, "NVIDIA driver", FindingState::Optional, "", ""};
  if (!probe.driver_found) {
    finding.detail = "not found (" + probe.driver_problem + "); " + required;
    finding.remedy = "on a machine with an NVIDIA card: install its driver";
  } else if (probe.driver < probe.required) {
    finding.detail = "too old: " + driver_text(probe) + "; " + required;
    finding.remedy = "update the driver";
  } else if (!probe.driver_problem.empty()) {
    finding.detail = driver_text(probe) + " does not work: " + probe.driver_problem;
    finding.remedy = "check that nvidia-smi lists the GPU";
  } else {
    finding.state = FindingState::Ok;
    finding.detail = driver_text(probe) + "; " + required;
  }
  return finding;
}

Finding device_finding(const CudaProbe& probe, std::size_t index) {
  const CudaDevice& device = probe.devices[index];
  std::string text = device.name + ", compute capability " + device.capability.text() + ", " +
                     gigabytes(device.total_bytes);
  if (device.free_bytes) text += ", " + gigabytes(*device.free_bytes) + " free";
  const bool is_too_old = device.capability < oldest_capability(probe.built);
  if (is_too_old) text += ": too old, " + oldest_capability(probe.built).text() + " is required";
  return {kGpu, "cuda:" + std::to_string(index),
          is_too_old ? FindingState::Optional : FindingState::Ok, text, ""};
}

Finding torch_finding(const CudaProbe& probe) {
  Finding finding{kGpu, "LibTorch's CUDA half", FindingState::Ok, probe.torch_library, ""};
  if (!probe.torch_library.empty()) return finding;
  finding.state = FindingState::Optional;
  finding.detail = "no libtorch_cuda.so in " + probe.torch_folder;
  finding.remedy = "TORCH_CUDA=1 tools/setup";
  return finding;
}

// Loads the first, which needs no driver, but not the others, which would bring LibTorch's CUDA
// half and gstcuda.
void check_own_code(Findings& findings) {
  const auto kernels = load_cuda_library();
  findings.push_back({kGpu, "CUDA kernels", kernels ? FindingState::Ok : FindingState::Optional,
                      kernels ? "for " + (*kernels)->version() : kernels.error().message, ""});
  const auto graphs = find_own_library(kGraphLibrary);
  findings.push_back({kGpu, "CUDA graphs", graphs ? FindingState::Ok : FindingState::Optional,
                      graphs ? *graphs : graphs.error().message, ""});
  const auto sharing = cuda_context_library();
  findings.push_back({kGpu, "context sharing", sharing ? FindingState::Ok : FindingState::Optional,
                      sharing ? *sharing : sharing.error().message, ""});
}

// In the words of the elements' own error.
Finding verdict(const CudaProbe& probe) {
  const auto engine = load_engine();
  const auto usable =
      engine ? (*engine)->resolve_device("cuda") : Result<std::string>(engine.error());
  Finding finding{kGpu, "device=cuda", FindingState::Optional, "", ""};
  if (!usable) {
    finding.detail = usable.error().message;
    return finding;
  }
  const auto best = least_loaded_device(probe).value_or(0);
  finding.state = FindingState::Ok;
  finding.detail = "works; device=auto is cuda:" + std::to_string(best) + " at present";
  return finding;
}

}  // namespace

void check_gpu(Findings& findings) {
  const CudaProbe probe = probe_cuda(loaded_torch_folder());
  findings.push_back(driver_finding(probe));
  for (std::size_t i = 0; i < probe.devices.size(); i++) {
    findings.push_back(device_finding(probe, i));
  }
  if (!probe.torch_folder.empty()) findings.push_back(torch_finding(probe));
  check_own_code(findings);
  findings.push_back(verdict(probe));
}

}  // namespace gsttorch
