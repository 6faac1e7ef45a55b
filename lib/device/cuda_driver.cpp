// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/device/cuda_driver.h"

#include <utility>

#include <dlfcn.h>

namespace gsttorch {
namespace {

constexpr char kDriver[] = "libcuda.so.1";
constexpr char kNvml[] = "libnvidia-ml.so.1";

// Numbers of cuda.h, which never change.
constexpr int kOutOfMemory = 2;
constexpr unsigned kPortable = 1;
constexpr int kCapabilityMajor = 75;
constexpr int kCapabilityMinor = 76;

template <typename Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

Error not_loaded(const std::string& said) {
  const bool is_absent = said.starts_with(kDriver) && said.find("cannot open") != std::string::npos;
  return {ErrorCode::DeviceUnavailable, is_absent ? std::string("no ") + kDriver : said};
}

struct NvmlMemory {
  unsigned long long total, free, used;  // NOLINT: as in nvml.h
};
struct NvmlUtilization {
  unsigned gpu, memory;
};

}  // namespace

Result<CudaDriver> CudaDriver::open() {
  void* library = dlopen(kDriver, RTLD_NOW | RTLD_LOCAL);
  if (!library) return not_loaded(dlerror());
  CudaDriver driver;
  const bool complete = find(library, "cuInit", driver.init_) &&
                        find(library, "cuDriverGetVersion", driver.version_) &&
                        find(library, "cuDeviceGetCount", driver.count_) &&
                        find(library, "cuDeviceGet", driver.get_) &&
                        find(library, "cuDeviceGetName", driver.name_) &&
                        find(library, "cuDeviceGetAttribute", driver.attribute_) &&
                        find(library, "cuDeviceTotalMem_v2", driver.total_bytes_) &&
                        find(library, "cuDeviceGetPCIBusId", driver.pci_address_) &&
                        find(library, "cuGetErrorName", driver.error_name_) &&
                        find(library, "cuDevicePrimaryCtxRetain", driver.retain_) &&
                        find(library, "cuCtxPushCurrent_v2", driver.push_) &&
                        find(library, "cuCtxPopCurrent_v2", driver.pop_) &&
                        find(library, "cuMemHostAlloc", driver.allocate_host_) &&
                        find(library, "cuMemFreeHost", driver.free_host_);
  if (complete) return driver;
  return Error{ErrorCode::DeviceUnavailable, std::string(kDriver) + " is not a CUDA driver"};
}

Error CudaDriver::failure(const char* function, int status) const {
  const char* name = nullptr;
  error_name_(status, &name);
  const auto code = status == kOutOfMemory ? ErrorCode::OutOfMemory : ErrorCode::DeviceUnavailable;
  return {code, std::string(function) + " failed with " + std::to_string(status) +
                    (name ? ", " : "") + (name ? name : "")};
}

Result<CudaVersion> CudaDriver::version() const {
  int number = 0;
  if (const int status = version_(&number)) return failure("cuDriverGetVersion", status);
  return CudaVersion{number / 1000, number % 1000 / 10};
}

Result<void> CudaDriver::init() const {
  if (const int status = init_(0)) return failure("cuInit", status);
  return {};
}

Result<int> CudaDriver::device_count() const {
  int count = 0;
  if (const int status = count_(&count)) return failure("cuDeviceGetCount", status);
  return count;
}

Result<CudaDevice> CudaDriver::device(int index) const {
  int handle = 0;
  if (const int status = get_(&handle, index)) return failure("cuDeviceGet", status);
  CudaDevice device;
  char name[256] = "";
  if (name_(name, sizeof name, handle) == 0) device.name = name;
  attribute_(&device.capability.major, kCapabilityMajor, handle);
  attribute_(&device.capability.minor, kCapabilityMinor, handle);
  total_bytes_(&device.total_bytes, handle);
  return device;
}

std::string CudaDriver::pci_address(int index) const {
  int handle = 0;
  char address[32] = "";
  if (get_(&handle, index) || pci_address_(address, sizeof address, handle)) return {};
  return address;
}

Result<void*> CudaDriver::retain_primary_context(int index) const {
  int handle = 0;
  void* context = nullptr;
  if (const int status = get_(&handle, index)) return failure("cuDeviceGet", status);
  if (const int status = retain_(&context, handle)) {
    return failure("cuDevicePrimaryCtxRetain", status);
  }
  return context;
}

Result<void> CudaDriver::push(void* context) const {
  if (const int status = push_(context)) return failure("cuCtxPushCurrent", status);
  return {};
}

void CudaDriver::pop() const {
  void* popped = nullptr;
  pop_(&popped);
}

Result<void*> CudaDriver::allocate_host(std::size_t bytes) const {
  void* memory = nullptr;
  if (const int status = allocate_host_(&memory, bytes, kPortable)) {
    return failure("cuMemHostAlloc", status);
  }
  return memory;
}

Result<void> CudaDriver::free_host(void* memory) const {
  if (const int status = free_host_(memory)) return failure("cuMemFreeHost", status);
  return {};
}

std::optional<Nvml> Nvml::open() {
  auto nvml = load();
  if (!nvml) return std::nullopt;
  return std::move(nvml).value();
}

Result<Nvml> Nvml::load() {
  Nvml nvml;
  void* library = dlopen(kNvml, RTLD_NOW | RTLD_LOCAL);
  if (!library) return Error{ErrorCode::DeviceUnavailable, std::string("no ") + kNvml};
  int (*init)() = nullptr;
  const bool is_complete = find(library, "nvmlInit_v2", init) &&
                           find(library, "nvmlShutdown", nvml.shutdown_) &&
                           find(library, "nvmlSystemGetDriverVersion", nvml.release_) &&
                           find(library, "nvmlDeviceGetHandleByPciBusId_v2", nvml.handle_) &&
                           find(library, "nvmlDeviceGetMemoryInfo", nvml.memory_);
  if (!is_complete) return Error{ErrorCode::DeviceUnavailable, std::string(kNvml) + " is not NVML"};
  find(library, "nvmlDeviceGetCount_v2", nvml.count_);
  find(library, "nvmlDeviceGetHandleByIndex_v2", nvml.handle_by_index_);
  find(library, "nvmlDeviceGetName", nvml.name_);
  find(library, "nvmlDeviceGetUtilizationRates", nvml.utilization_);
  find(library, "nvmlDeviceGetPowerUsage", nvml.power_);
  if (const int status = init()) {
    return Error{ErrorCode::DeviceUnavailable,
                 std::string(kNvml) + ": nvmlInit failed with " + std::to_string(status)};
  }
  nvml.library_ = library;
  return nvml;
}

Nvml::Nvml(Nvml&& other) noexcept
    : library_(std::exchange(other.library_, nullptr)),
      shutdown_(other.shutdown_),
      release_(other.release_),
      handle_(other.handle_),
      memory_(other.memory_),
      count_(other.count_),
      handle_by_index_(other.handle_by_index_),
      name_(other.name_),
      utilization_(other.utilization_),
      power_(other.power_) {}

Nvml::~Nvml() {
  if (library_) shutdown_();  // counted by NVML: other users in this process are not disturbed
}

std::string Nvml::driver_release() const {
  char text[96] = "";
  return release_(text, sizeof text) == 0 ? text : "";
}

std::optional<std::size_t> Nvml::free_bytes(const std::string& pci_address) const {
  void* handle = nullptr;
  NvmlMemory memory{};
  if (handle_(pci_address.c_str(), &handle) || memory_(handle, &memory)) return std::nullopt;
  return static_cast<std::size_t>(memory.free);
}

GpuUsage Nvml::usage_of(void* device) const {
  GpuUsage usage;
  char name[96] = "";
  if (name_ && name_(device, name, sizeof name) == 0) usage.name = name;
  NvmlUtilization utilization{};
  if (utilization_ && utilization_(device, &utilization) == 0) {
    usage.utilization_percent = utilization.gpu;
  }
  NvmlMemory memory{};
  if (memory_(device, &memory) == 0) {
    usage.memory_used = static_cast<std::size_t>(memory.used);
    usage.memory_total = static_cast<std::size_t>(memory.total);
  }
  unsigned milliwatts = 0;
  if (power_ && power_(device, &milliwatts) == 0) usage.power_watts = milliwatts / 1000.0;
  return usage;
}

std::vector<GpuUsage> Nvml::usage() const {
  std::vector<GpuUsage> all;
  unsigned count = 0;
  if (!count_ || !handle_by_index_ || count_(&count) != 0) return all;
  for (unsigned index = 0; index < count; index++) {
    void* device = nullptr;
    if (handle_by_index_(index, &device) != 0) continue;
    all.push_back(usage_of(device));
    all.back().index = index;
  }
  return all;
}

}  // namespace gsttorch
