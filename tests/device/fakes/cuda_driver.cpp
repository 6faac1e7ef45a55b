// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
//
// A libcuda.so.1 for machines without a GPU. It answers the queries made before a driver is used.
// These environment variables, read at each call, configure the simulated machine:
//   FAKE_CUDA_VERSION   11040 = CUDA 11.4 (default 13000)
//   FAKE_CUDA_INIT      return value of cuInit (default 0)
//   FAKE_CUDA_DEVICES   number of devices (default 1)
//   FAKE_CUDA_CAPABILITY  compute capability of all devices, 75 = 7.5 (default)
//   FAKE_CUDA_HOST_MB   host memory that can be pinned at a time, MB (default 1000)
// gsttorch_fake_retained() and gsttorch_fake_current() return the state of its contexts.
#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <vector>

#define EXPORTED extern "C" __attribute__((visibility("default")))

namespace {

constexpr int kInvalidValue = 1, kInvalidDevice = 101, kInvalidContext = 201, kNotSupported = 801;

int number(const char* variable, int otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::atoi(text) : otherwise;
}

int device_count() { return number("FAKE_CUDA_DEVICES", 1); }
bool is_device(int device) { return device >= 0 && device < device_count(); }

// State per device; the address of its retain count serves as its primary context.
std::array<int, 16> retained;
thread_local std::vector<void*> current;

}  // namespace

EXPORTED int gsttorch_fake_retained(int device) { return retained.at(device); }
EXPORTED void* gsttorch_fake_current() { return current.empty() ? nullptr : current.back(); }

EXPORTED int cuDevicePrimaryCtxRetain(void** context, int device) {
  if (!is_device(device)) return kInvalidDevice;
  retained.at(device)++;
  *context = &retained.at(device);
  return 0;
}

EXPORTED int cuCtxPushCurrent_v2(void* context) {
  current.push_back(context);
  return context ? 0 : kInvalidContext;
}

EXPORTED int cuCtxPopCurrent_v2(void** context) {
  if (current.empty()) return kInvalidContext;
  if (context) *context = current.back();
  current.pop_back();
  return 0;
}

EXPORTED int cuMemHostAlloc(void** memory, std::size_t bytes, unsigned) {
  if (current.empty()) return kInvalidContext;
  if (bytes >> 20 >= static_cast<std::size_t>(number("FAKE_CUDA_HOST_MB", 1000))) return 2;
  *memory = std::malloc(bytes);
  return 0;
}

EXPORTED int cuMemFreeHost(void* memory) {
  if (current.empty()) return kInvalidContext;
  std::free(memory);
  return 0;
}

EXPORTED int cuInit(unsigned) { return number("FAKE_CUDA_INIT", 0); }

EXPORTED int cuDriverGetVersion(int* version) {
  *version = number("FAKE_CUDA_VERSION", 13000);
  return 0;
}

EXPORTED int cuDeviceGetCount(int* count) {
  *count = device_count();
  return 0;
}

EXPORTED int cuDeviceGet(int* device, int ordinal) {
  *device = ordinal;
  return is_device(ordinal) ? 0 : kInvalidDevice;
}

EXPORTED int cuDeviceGetName(char* name, int size, int device) {
  std::snprintf(name, static_cast<std::size_t>(size), "Pretended GPU %d", device);
  return is_device(device) ? 0 : kInvalidDevice;
}

EXPORTED int cuDeviceGetAttribute(int* value, int attribute, int) {
  const int capability = number("FAKE_CUDA_CAPABILITY", 75);
  *value = attribute == 75 ? capability / 10 : attribute == 76 ? capability % 10 : 512;
  return 0;
}

EXPORTED int cuDeviceTotalMem_v2(std::size_t* bytes, int) {
  *bytes = std::size_t{8} << 30;
  return 0;
}

EXPORTED int cuDeviceGetPCIBusId(char* address, int size, int device) {
  std::snprintf(address, static_cast<std::size_t>(size), "0000:0%d:00.0", device + 1);
  return is_device(device) ? 0 : kInvalidDevice;
}

EXPORTED int cuGetErrorName(int status, const char** name) {
  *name = status == 100 ? "CUDA_ERROR_NO_DEVICE" : status == 999 ? "CUDA_ERROR_UNKNOWN" : nullptr;
  return *name ? 0 : kInvalidValue;
}

// gstcuda requires these symbols before it accepts a driver. The tests never call them.
#define NOT_SUPPORTED(name) \
  EXPORTED int name() { return kNotSupported; }
NOT_SUPPORTED(cuGetErrorString)
NOT_SUPPORTED(cuCtxCreate_v2)
NOT_SUPPORTED(cuCtxDestroy_v2)
NOT_SUPPORTED(cuCtxEnablePeerAccess)
NOT_SUPPORTED(cuCtxDisablePeerAccess)
NOT_SUPPORTED(cuGraphicsMapResources)
NOT_SUPPORTED(cuGraphicsUnmapResources)
NOT_SUPPORTED(cuGraphicsUnregisterResource)
NOT_SUPPORTED(cuMemAlloc_v2)
NOT_SUPPORTED(cuMemAllocPitch_v2)
NOT_SUPPORTED(cuMemAllocHost_v2)
NOT_SUPPORTED(cuMemcpy2D_v2)
NOT_SUPPORTED(cuMemcpy2DAsync_v2)
NOT_SUPPORTED(cuMemFree_v2)
NOT_SUPPORTED(cuStreamCreate)
NOT_SUPPORTED(cuStreamDestroy_v2)
NOT_SUPPORTED(cuStreamDestroy)
NOT_SUPPORTED(cuStreamSynchronize)
NOT_SUPPORTED(cuDeviceCanAccessPeer)
NOT_SUPPORTED(cuModuleLoadData)
NOT_SUPPORTED(cuModuleUnload)
NOT_SUPPORTED(cuModuleGetFunction)
NOT_SUPPORTED(cuTexObjectCreate)
NOT_SUPPORTED(cuTexObjectDestroy)
NOT_SUPPORTED(cuLaunchKernel)
NOT_SUPPORTED(cuGraphicsGLRegisterImage)
NOT_SUPPORTED(cuGraphicsGLRegisterBuffer)
NOT_SUPPORTED(cuGLGetDevices_v2)
NOT_SUPPORTED(cuGraphicsResourceSetMapFlags_v2)
NOT_SUPPORTED(cuGraphicsSubResourceGetMappedArray)
NOT_SUPPORTED(cuGraphicsResourceGetMappedPointer_v2)
