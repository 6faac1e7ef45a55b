// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/runtime/derived_cache.h"

namespace gsttorch {

void DerivedCache::set_budget(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  values_.set_budget(bytes);
}

void DerivedCache::count_made(DerivedKind kind) {
  const std::lock_guard lock(mutex_);
  counts_[static_cast<std::size_t>(kind)]++;
}

DerivedCache::Value DerivedCache::make_once(DerivedKind kind, const FrameImage::Make& make) {
  Value value = make();
  count_made(kind);
  return value;
}

DerivedCache::Value DerivedCache::get(FrameId frame, DerivedKind kind, const std::string& name,
                                      const FrameImage::Make& make) {
  const Key key(frame, name);
  std::unique_lock lock(mutex_);
  made_.wait(lock, [&] { return !making_.contains(key); });
  if (Value found = values_.find(key)) return found;
  making_.insert(key);
  lock.unlock();
  Value value;
  const auto finish = [&] {
    lock.lock();
    making_.erase(key);
    made_.notify_all();
  };
  try {
    value = make();
  } catch (...) {
    finish();
    throw;
  }
  finish();
  counts_[static_cast<std::size_t>(kind)]++;
  if (value) values_.put(key, value, value->bytes());
  return value;
}

void DerivedCache::forget(FrameId frame) {
  const std::lock_guard lock(mutex_);
  values_.erase_if([frame](const Key& key) { return key.first == frame; });
}

void DerivedCache::clear() {
  const std::lock_guard lock(mutex_);
  values_.clear();
}

DerivedCache::Counts DerivedCache::counts() const {
  const std::lock_guard lock(mutex_);
  Counts counts;
  static_cast<CacheCounts&>(counts) = values_.counts();
  counts.images = counts_[static_cast<std::size_t>(DerivedKind::Image)];
  counts.features = counts_[static_cast<std::size_t>(DerivedKind::Features)];
  return counts;
}

}  // namespace gsttorch
