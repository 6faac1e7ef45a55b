// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
//
// A libcuda.so.1 for machines without a GPU: it answers what a driver is asked before it is used.
// Environment variables, read at each call, say what machine it pretends to be:
//   FAKE_CUDA_VERSION   11040 = CUDA 11.4 (default 13000)
//   FAKE_CUDA_INIT      what cuInit returns (default 0)
//   FAKE_CUDA_DEVICES   how many (default 1)
//   FAKE_CUDA_CAPABILITY  of all of them, 75 = 7.5 (default)
#include <cstddef>
#include <cstdio>
#include <cstdlib>

#define EXPORTED extern "C" __attribute__((visibility("default")))

namespace {

constexpr int kInvalidValue = 1, kInvalidDevice = 101;

int number(const char* variable, int otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::atoi(text) : otherwise;
}

int device_count() { return number("FAKE_CUDA_DEVICES", 1); }
bool is_device(int device) { return device >= 0 && device < device_count(); }

}  // namespace

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
