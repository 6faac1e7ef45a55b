// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
//
// A libnvidia-ml.so.1 for machines without a GPU. FAKE_NVML_RELEASE is the driver's release,
// FAKE_NVML_FREE_MB the free memory of each device, as in "100,2000"; if unset, NVML fails.
// FAKE_NVML_UTILIZATION (percent) and FAKE_NVML_POWER (milliwatts) apply to all devices; if unset,
// they are not supported.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#define EXPORTED extern "C" __attribute__((visibility("default")))

namespace {

struct Memory {
  unsigned long long total, free, used;  // NOLINT: as in nvml.h
};

struct Utilization {
  unsigned gpu, memory;
};

constexpr int kNotSupported = 3;

int number(const char* variable, unsigned* value) {
  const char* text = std::getenv(variable);
  if (!text) return kNotSupported;
  *value = static_cast<unsigned>(std::atoi(text));
  return 0;
}

}  // namespace

EXPORTED int nvmlInit_v2() { return std::getenv("FAKE_NVML_FREE_MB") ? 0 : 9; }
EXPORTED int nvmlShutdown() { return 0; }

EXPORTED int nvmlSystemGetDriverVersion(char* text, unsigned size) {
  const char* release = std::getenv("FAKE_NVML_RELEASE");
  std::snprintf(text, size, "%s", release ? release : "580.65.06");
  return 0;
}

// The handle is the device's index plus one.
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
  memory->total = 8ull << 30;
  memory->used = memory->total - memory->free;
  return 0;
}

EXPORTED int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = 1;
  for (const char* list = std::getenv("FAKE_NVML_FREE_MB"); list && *list; list++) {
    *count += *list == ',';
  }
  return 0;
}

EXPORTED int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** handle) {
  *handle = reinterpret_cast<void*>(static_cast<std::intptr_t>(index) + 1);
  return 0;
}

EXPORTED int nvmlDeviceGetName(void*, char* text, unsigned size) {
  std::snprintf(text, size, "Pretended GPU");
  return 0;
}

EXPORTED int nvmlDeviceGetUtilizationRates(void*, Utilization* utilization) {
  return number("FAKE_NVML_UTILIZATION", &utilization->gpu);
}

EXPORTED int nvmlDeviceGetPowerUsage(void*, unsigned* milliwatts) {
  return number("FAKE_NVML_POWER", milliwatts);
}
