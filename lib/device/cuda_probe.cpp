// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/device/cuda_probe.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "lib/device/cuda_driver.h"
#include "lib/engine/torch_version.h"

namespace gsttorch {
namespace {

constexpr char kLibrary[] = "libtorch_cuda.so";

// By major version: the oldest driver release for Linux that serves all its minor versions, and the
// oldest GPU that its compiler still makes code for.
struct CudaMajor {
  int major;
  const char* release;
  CudaVersion capability;
};
constexpr CudaMajor kMajors[] = {{11, "450", {3, 5}}, {12, "525", {5, 0}}, {13, "580", {7, 5}}};

const CudaMajor* find_major(int major) {
  for (const CudaMajor& known : kMajors) {
    if (known.major == major) return &known;
  }
  return nullptr;
}

CudaVersion parse_version(const char* text) {
  CudaVersion version;
  std::sscanf(text, "%d.%d", &version.major, &version.minor);
  return version;
}

std::string torch_name(const CudaProbe& probe) {
  return "LibTorch " GSTTORCH_TORCH_VERSION " (CUDA " + probe.built.text() + ")";
}

Error unavailable(const std::string& what, const std::string& remedy) {
  return {ErrorCode::DeviceUnavailable,
          "no CUDA device: " + what + ": " + remedy + ", or use device=cpu"};
}

void probe_devices(const CudaDriver& driver, CudaProbe& probe) {
  const auto nvml = Nvml::open();
  if (nvml) probe.driver_release = nvml->driver_release();
  // An older driver than we need may know less of its devices than we ask.
  if (probe.driver < probe.required) return;
  if (auto ready = driver.init(); !ready) {
    probe.driver_problem = ready.error().message;
    return;
  }
  const auto count = driver.device_count();
  if (!count) probe.driver_problem = count.error().message;
  for (int i = 0; count && i < *count; i++) {
    auto device = driver.device(i);
    if (!device) {
      probe.driver_problem = device.error().message;
      return;
    }
    if (nvml) device->free_bytes = nvml->free_bytes(driver.pci_address(i));
    probe.devices.push_back(*device);
  }
}

void probe_driver(CudaProbe& probe) {
  const auto driver = CudaDriver::open();
  probe.driver_found = driver.ok();
  if (!driver) {
    probe.driver_problem = driver.error().message;
    return;
  }
  const auto version = driver->version();
  if (!version) {
    probe.driver_problem = version.error().message;
    return;
  }
  probe.driver = *version;
  probe_devices(*driver, probe);
}

Error no_device(const CudaProbe& probe) {
  const std::string what = "the NVIDIA driver for " + format_driver(probe) + " reports no device";
  if (const char* visible = std::getenv("CUDA_VISIBLE_DEVICES")) {
    return unavailable(what + " with CUDA_VISIBLE_DEVICES=\"" + visible + "\"",
                       "unset that variable");
  }
  return unavailable(what, "check that nvidia-smi lists the GPU");
}

}  // namespace

std::string format_driver(const CudaProbe& probe) {
  return "CUDA " + probe.driver.text() +
         (probe.driver_release.empty() ? "" : " (release " + probe.driver_release + ")");
}

std::string format_required_driver(const CudaProbe& probe) {
  const CudaMajor* major = find_major(probe.required.major);
  return "CUDA " + probe.required.text() + " or later" +
         (major ? std::string(" (release ") + major->release + " or later)" : "");
}

CudaVersion required_driver(CudaVersion built) { return {built.major, 0}; }

CudaVersion oldest_capability(CudaVersion built) {
  const CudaMajor* major = find_major(built.major);
  return major ? major->capability : CudaVersion{};
}

CudaProbe probe_cuda(const std::string& torch_directory) {
  CudaProbe probe;
  probe.built = parse_version(GSTTORCH_TORCH_CUDA_VERSION);
  probe.required = required_driver(probe.built);
  probe.torch_directory = torch_directory;
  std::error_code ignored;
  const std::string library = torch_directory + "/" + kLibrary;
  if (std::filesystem::exists(library, ignored)) probe.torch_library = library;
  probe_driver(probe);
  return probe;
}

Result<void> check_cuda(const CudaProbe& probe) {
  if (!probe.built) {
    return unavailable("LibTorch " GSTTORCH_TORCH_VERSION " was built without CUDA",
                       "use a LibTorch that was built with CUDA");
  }
  if (!probe.driver_found) {
    return unavailable("the NVIDIA driver is not installed (" + probe.driver_problem + "), but " +
                           torch_name(probe) + " requires a driver for " +
                           format_required_driver(probe),
                       "install the driver (in a container, make the GPU available to it)");
  }
  if (probe.driver && probe.driver < probe.required) {
    return unavailable("the NVIDIA driver is for " + format_driver(probe) + ", but " +
                           torch_name(probe) + " requires a driver for " +
                           format_required_driver(probe),
                       "update the driver");
  }
  if (!probe.driver_problem.empty()) {
    return unavailable(
        "the NVIDIA driver" + (probe.driver ? " for " + format_driver(probe) : std::string()) +
            " does not work (" + probe.driver_problem + ")",
        "check that nvidia-smi lists the GPU; restart the machine after a driver update");
  }
  if (probe.devices.empty()) return no_device(probe);
  if (probe.torch_library.empty()) {
    return unavailable("the CUDA half of " + torch_name(probe) + " is not installed (no " +
                           kLibrary + " in " + probe.torch_directory + ")",
                       "run GST_TORCH_SETUP_CUDA=1 tools/setup");
  }
  return {};
}

Result<void> check_cuda_device(const CudaProbe& probe, std::size_t index) {
  if (auto usable = check_cuda(probe); !usable) return usable;
  if (index >= probe.devices.size()) {
    return Error{ErrorCode::DeviceUnavailable,
                 "device cuda:" + std::to_string(index) +
                     " does not exist: the number of CUDA devices is " +
                     std::to_string(probe.devices.size())};
  }
  const CudaDevice& device = probe.devices[index];
  const CudaVersion oldest = oldest_capability(probe.built);
  if (device.capability >= oldest) return {};
  return unavailable("cuda:" + std::to_string(index) + " (" + device.name +
                         ") has compute capability " + device.capability.text() + ", but " +
                         torch_name(probe) + " requires " + oldest.text() + " or later",
                     "use another GPU");
}

std::optional<std::size_t> least_loaded_device(const CudaProbe& probe) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < probe.devices.size(); i++) {
    if (!check_cuda_device(probe, i)) continue;
    const auto free = [&](std::size_t index) {
      return probe.devices[index].free_bytes.value_or(0);
    };
    if (!best || free(i) > free(*best)) best = i;
  }
  return best;
}

}  // namespace gsttorch
