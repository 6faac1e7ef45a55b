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

/// The few functions of the NVIDIA driver that looking at it takes, found with dlopen: neither its
/// headers nor its library are needed where this is built. Never unloaded. Thread-safe.
class CudaDriver {
 public:
  /// An error says why libcuda.so.1 cannot be loaded, or is none.
  static Result<CudaDriver> open();

  /// Answered without cuInit.
  Result<CudaVersion> version() const;
  Result<void> init() const;
  Result<int> device_count() const;
  Result<CudaDevice> device(int index) const;
  /// As NVML wants it: "0000:01:00.0". Empty: not told.
  std::string pci_address(int index) const;

  /// After init(). The context is a CUcontext, which the driver never takes back on its own.
  Result<void*> retain_primary_context(int index) const;
  /// Onto the calling thread's stack of contexts, and from it.
  Result<void> push(void* context) const;
  void pop() const;
  /// Pinned, for all devices; in the current context.
  Result<void*> allocate_host(std::size_t bytes) const;
  Result<void> free_host(void* memory) const;

 private:
  CudaDriver() = default;
  Error failure(const char* function, int status) const;

  int (*init_)(unsigned) = nullptr;
  int (*version_)(int*) = nullptr;
  int (*count_)(int*) = nullptr;
  int (*get_)(int*, int) = nullptr;
  int (*name_)(char*, int, int) = nullptr;
  int (*attribute_)(int*, int, int) = nullptr;
  int (*total_bytes_)(std::size_t*, int) = nullptr;
  int (*pci_address_)(char*, int, int) = nullptr;
  int (*error_name_)(int, const char**) = nullptr;
  int (*retain_)(void**, int) = nullptr;
  int (*push_)(void*) = nullptr;
  int (*pop_)(void**) = nullptr;
  int (*allocate_host_)(void**, std::size_t, unsigned) = nullptr;
  int (*free_host_)(void*) = nullptr;
};

/// How busy one GPU is, with the work of all processes. What NVML does not tell is absent.
struct GpuUsage {
  unsigned index = 0;
  std::string name;
  std::optional<unsigned> utilization_percent;
  std::optional<std::size_t> memory_used;   ///< bytes
  std::optional<std::size_t> memory_total;  ///< bytes
  std::optional<double> power_watts;
};

/// The driver's management library: what it knows, it knows without a context on a device.
class Nvml {
 public:
  /// Nothing where libnvidia-ml.so.1 is not there or does not work: it is never needed.
  static std::optional<Nvml> open();
  /// The same; the error says why.
  static Result<Nvml> load();

  Nvml(Nvml&& other) noexcept;
  Nvml& operator=(Nvml&&) = delete;
  ~Nvml();

  /// "580.65.06"; empty: not told.
  std::string driver_release() const;
  std::optional<std::size_t> free_bytes(const std::string& pci_address) const;
  /// Of each GPU that can be asked.
  std::vector<GpuUsage> usage() const;

 private:
  Nvml() = default;
  GpuUsage usage_of(void* device) const;

  void* library_ = nullptr;
  int (*shutdown_)() = nullptr;
  int (*release_)(char*, unsigned) = nullptr;
  int (*handle_)(const char*, void**) = nullptr;
  int (*memory_)(void*, void*) = nullptr;
  // Null where the library is older than they are.
  int (*count_)(unsigned*) = nullptr;
  int (*handle_by_index_)(unsigned, void**) = nullptr;
  int (*name_)(void*, char*, unsigned) = nullptr;
  int (*utilization_)(void*, void*) = nullptr;
  int (*power_)(void*, unsigned*) = nullptr;
};

}  // namespace gsttorch
