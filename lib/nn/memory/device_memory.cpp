// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/memory/device_memory.h"

#include <map>
#include <mutex>
#include <optional>

#include <ATen/Context.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/Device.h>

#include "lib/nn/memory/cpu_memory.h"

namespace gsttorch {
namespace {

// Limits of the devices that have their own allocator.
class Limits {
 public:
  void set(c10::DeviceIndex index, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    bytes_[index] = bytes;
  }
  std::size_t get(c10::DeviceIndex index) {
    const std::lock_guard lock(mutex_);
    return bytes_[index];
  }

 private:
  std::mutex mutex_;
  std::map<c10::DeviceIndex, std::size_t> bytes_;  // guarded by mutex_
};

Limits& limits() {
  static Limits all;
  return all;
}

std::optional<c10::Device> device_named(const std::string& name) {
  try {
    const c10::Device device(name);
    return c10::Device(device.type(), device.has_index() ? device.index() : 0);
  } catch (const c10::Error&) {
    return std::nullopt;
  }
}

// Null if LibTorch's CUDA half is not loaded or the device has not been used yet.
c10::DeviceAllocator* allocator_of(const c10::Device& device) {
  if (!device.is_cuda() || !at::hasCUDA()) return nullptr;
  auto* allocator = dynamic_cast<c10::DeviceAllocator*>(c10::GetAllocator(device.type()));
  return allocator && allocator->initialized() ? allocator : nullptr;
}

MemoryReport from_statistics(const c10::CachingDeviceAllocator::DeviceStats& stats) {
  constexpr auto kAll = static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE);
  const auto amount = [](std::int64_t value) { return static_cast<std::size_t>(value); };
  MemoryReport report;
  report.current = amount(stats.allocated_bytes[kAll].current);
  report.peak = amount(stats.allocated_bytes[kAll].peak);
  report.reserved = amount(stats.reserved_bytes[kAll].current);
  report.blocks = amount(stats.allocation[kAll].current);
  return report;
}

}  // namespace

MemoryReport device_memory(const std::string& name) {
  const auto device = device_named(name);
  if (!device) return {};
  if (device->is_cpu()) return cpu_memory();
  MemoryReport report;
  if (auto* allocator = allocator_of(*device)) {
    report = from_statistics(allocator->getDeviceStats(device->index()));
  }
  report.limit = limits().get(device->index());
  return report;
}

void reset_device_memory_peak(const std::string& name) {
  const auto device = device_named(name);
  if (!device) return;
  if (device->is_cpu()) return reset_cpu_memory_peak();
  if (auto* allocator = allocator_of(*device)) allocator->resetPeakStats(device->index());
}

void set_device_memory_limit(const std::string& name, std::size_t bytes) {
  const auto device = device_named(name);
  if (!device) return;
  if (device->is_cpu()) return set_cpu_memory_limit(bytes);
  limits().set(device->index(), bytes);
}

}  // namespace gsttorch
