// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
//
// A libnvidia-ml.so.1 for machines without a GPU. FAKE_NVML_RELEASE is the driver's release,
// FAKE_NVML_FREE_MB the free memory of the devices, "100,2000"; unset: NVML does not work.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#define EXPORTED extern "C" __attribute__((visibility("default")))

namespace {

struct Memory {
  unsigned long long total, free, used;  // NOLINT: as in nvml.h
};

}  // namespace

EXPORTED int nvmlInit_v2() { return std::getenv("FAKE_NVML_FREE_MB") ? 0 : 9; }
EXPORTED int nvmlShutdown() { return 0; }

EXPORTED int nvmlSystemGetDriverVersion(char* text, unsigned size) {
  const char* release = std::getenv("FAKE_NVML_RELEASE");
  std::snprintf(text, size, "%s", release ? release : "580.65.06");
  return 0;
}

// The handle is the device's number plus one.
EXPORTED int nvmlDeviceGetHandleByPciBusId_v2(const char* address, void** handle) {
  int bus = 0;
  if (std::sscanf(address, "%*x:%x", &bus) != 1) return 2;
  *handle = reinterpret_cast<void*>(static_cast<std::intptr_t>(bus));
  return 0;
}

EXPORTED int nvmlDeviceGetMemoryInfo(void* handle, Memory* memory) {
  const char* list = std::getenv("FAKE_NVML_FREE_MB");
  for (auto skip = reinterpret_cast<std::intptr_t>(handle) - 1; skip > 0 && list; skip--) {
    list = std::strchr(list, ',');
    if (list) list++;
  }
  if (!list) return 2;
  memory->free = std::strtoull(list, nullptr, 10) << 20;
  return 0;
}
