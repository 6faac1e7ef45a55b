// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/device/cuda_device.h"

namespace gsttorch {

/// What there is of CUDA on this machine, as far as one can look without using a GPU.
struct CudaProbe {
  bool driver_found = false;        ///< libcuda.so.1 was loaded
  std::string driver_problem;       ///< why it was not, or cannot be used; empty: it works
  std::string driver_release;       ///< "580.65.06"; empty where NVML does not say
  CudaVersion driver;               ///< 0.0 where there is none
  CudaVersion built;                ///< the CUDA that LibTorch was built with; 0.0: with none
  CudaVersion required;             ///< what the driver must serve for that
  std::vector<CudaDevice> devices;  ///< in the order of cuda:0, cuda:1 and so on
  std::string torch_library;        ///< LibTorch's CUDA half, a file; empty: not there
  std::string torch_directory;      ///< where it was looked for
};

/// Looks for the driver, its devices, and libtorch_cuda.so in `torch_directory`. Loads the driver
/// but makes no context on any device, which would cost hundreds of megabytes on each. Thread-safe.
CudaProbe probe_cuda(const std::string& torch_directory);

/// Whether a CUDA device can be used: an error names the first thing that is in the way, what was
/// found, what is required, and the remedy.
Result<void> check_cuda(const CudaProbe& probe);

/// The same for one of its devices.
Result<void> check_cuda_device(const CudaProbe& probe, std::size_t index);

/// The number of the usable device with most free memory. Nothing where none is usable; the first
/// usable one where free memory is not known.
std::optional<std::size_t> least_loaded_device(const CudaProbe& probe);

/// "CUDA 12.4 (release 550.54.14)", and "CUDA 13.0 or later (release 580 or later)".
std::string format_driver(const CudaProbe& probe);
std::string format_required_driver(const CudaProbe& probe);

/// The oldest driver that serves a CUDA: within a major version, any.
CudaVersion required_driver(CudaVersion built);
/// The oldest GPU that a CUDA makes code for.
CudaVersion oldest_capability(CudaVersion built);

}  // namespace gsttorch
