// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/device/primary_context.h"

#include <map>
#include <mutex>

namespace gsttorch {
namespace {

Result<void*> retained(const CudaDriver& driver, int device) {
  if (auto ready = driver.init(); !ready) return ready.error();
  return driver.retain_primary_context(device);
}

}  // namespace

Result<PrimaryContext> PrimaryContext::of(int device) {
  static std::mutex mutex;
  static auto& contexts = *new std::map<int, PrimaryContext>;  // never destroyed: threads run on
  const std::lock_guard lock(mutex);
  if (const auto found = contexts.find(device); found != contexts.end()) return found->second;
  const auto driver = CudaDriver::open();
  if (!driver) return driver.error();
  const auto context = retained(*driver, device);
  if (!context) return context.error();
  return contexts.emplace(device, PrimaryContext(*driver, *context)).first->second;
}

Result<void*> PrimaryContext::allocate_pinned(std::size_t bytes) const {
  const Current current(*this);
  if (!current.status()) return current.status().error();
  return driver_.allocate_host(bytes);
}

Result<void> PrimaryContext::free_pinned(void* memory) const {
  const Current current(*this);
  if (!current.status()) return current.status();
  return driver_.free_host(memory);
}

PrimaryContext::Current::Current(const PrimaryContext& context)
    : driver_(context.driver_), status_(driver_.push(context.context_)) {}

PrimaryContext::Current::~Current() {
  if (status_) driver_.pop();
}

}  // namespace gsttorch
