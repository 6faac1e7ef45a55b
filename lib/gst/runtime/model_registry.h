// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <chrono>
#include <compare>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "lib/base/result.h"
#include "lib/engine/precision.h"

namespace gsttorch {

/// Identifies a model: the current state of its file, its device and its precision.
struct ModelKey {
  std::string path;        ///< canonical
  std::uint64_t size = 0;  ///< bytes
  std::int64_t mtime = 0;  ///< of the file, ns
  std::string device;      ///< "cpu", "cuda:0"
  Precision precision = Precision::Fp32;

  auto operator<=>(const ModelKey&) const = default;
};

struct RegistryCounts {
  std::uint64_t loads = 0;   ///< models read from a file
  std::uint64_t shared = 0;  ///< requests served by a model loaded or being loaded
  std::size_t loaded = 0;    ///< models in memory
};

/// Keeps one copy of each model's weights, however many elements and pipelines use it. The first
/// request loads it, while others wait; after its last release it is kept for a while, so that a
/// restarted pipeline finds it. Thread-safe.
template <typename Model>
class ModelRegistry : public std::enable_shared_from_this<ModelRegistry<Model>> {
 public:
  using Clock = std::chrono::steady_clock;
  /// Must not throw.
  using Load = std::function<Result<std::unique_ptr<Model>>(std::stop_token)>;

  /// Returns the model with that key; the first request calls `load`. `stop` ends the wait with
  /// ErrorCode::Cancelled, and also the load if nobody else waits for it. A failure is returned to
  /// all waiting threads, but not cached.
  Result<std::shared_ptr<Model>> acquire(const ModelKey& key, const Load& load,
                                         std::stop_token stop) {
    while (true) {
      auto model = acquire_once(key, load, stop);
      const bool was_cancelled = !model && model.error().code == ErrorCode::Cancelled;
      if (!was_cancelled || stop.stop_requested()) return model;
      // The other users cancelled the load that this thread waited for: try again.
    }
  }

  /// Drops the models unused for at least `grace`; returns when the next one is due.
  std::optional<Clock::time_point> drop_unused(Clock::duration grace) {
    std::map<ModelKey, std::shared_ptr<Entry>> dropped;  // destroyed without the lock
    std::optional<Clock::time_point> next;
    const std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    for (auto i = entries_.begin(); i != entries_.end();) {
      const auto current = i++;
      if (current->second->users > 0) continue;
      const auto due = current->second->unused_since + grace;
      if (due <= now) {
        dropped.insert(entries_.extract(current));
      } else if (!next || due < *next) {
        next = due;
      }
    }
    return next;
  }

  /// Called without a lock when a model's last user releases it. Set it before first use.
  std::function<void()> on_unused;

  RegistryCounts counts() const {
    const std::lock_guard lock(mutex_);
    RegistryCounts counts = counts_;
    for (const auto& [key, entry] : entries_) counts.loaded += entry->loaded && *entry->loaded;
    return counts;
  }

 private:
  struct Entry {
    int users = 0;
    int gave_up = 0;
    std::optional<Result<std::shared_ptr<Model>>> loaded;
    std::stop_source stop;
    typename Clock::time_point unused_since;
  };

  Result<std::shared_ptr<Model>> acquire_once(const ModelKey& key, const Load& load,
                                              std::stop_token stop) {
    const auto [entry, is_first] = join(key);
    bool gave_up = false;
    {
      const std::stop_callback gives_up(stop,
                                        [&, entry = entry.get()] { give_up(*entry, gave_up); });
      if (is_first) finish_load(key, *entry, load(entry->stop.get_token()));
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&, entry = entry.get()] { return entry->loaded || gave_up; });
    }
    if (!gave_up && *entry->loaded) return lease(entry);
    const Error error = gave_up ? Error{ErrorCode::Cancelled, "cancelled"} : entry->loaded->error();
    give_back(entry, gave_up ? 1 : 0);
    return error;
  }

  std::pair<std::shared_ptr<Entry>, bool> join(const ModelKey& key) {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<Entry>& entry = entries_[key];
    const bool is_first = !entry;
    if (is_first) entry = std::make_shared<Entry>();
    entry->users++;
    (is_first ? counts_.loads : counts_.shared)++;
    return {entry, is_first};
  }

  void give_up(Entry& entry, bool& gave_up) {
    const std::lock_guard lock(mutex_);
    gave_up = true;
    if (++entry.gave_up == entry.users) entry.stop.request_stop();
    changed_.notify_all();
  }

  void finish_load(const ModelKey& key, Entry& entry, Result<std::unique_ptr<Model>> result) {
    const std::lock_guard lock(mutex_);
    if (result) {
      entry.loaded.emplace(std::shared_ptr<Model>(std::move(result).value()));
    } else {
      entry.loaded.emplace(result.error());
      const auto found = entries_.find(key);
      if (found != entries_.end() && found->second.get() == &entry) entries_.erase(found);
    }
    changed_.notify_all();
  }

  void give_back(const std::shared_ptr<Entry>& entry, int gave_up) {
    bool is_unused = false;
    {
      const std::lock_guard lock(mutex_);
      entry->users--;
      entry->gave_up -= gave_up;
      entry->unused_since = Clock::now();
      is_unused = entry->users == 0;
    }
    if (is_unused && on_unused) on_unused();
  }

  // One user's pointer to the model; releases the model when its last copy is destroyed.
  std::shared_ptr<Model> lease(const std::shared_ptr<Entry>& entry) {
    Model* const model = entry->loaded->value().get();
    return std::shared_ptr<Model>(
        model, [self = this->shared_from_this(), entry](Model*) { self->give_back(entry, 0); });
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_, including the members of entries.
  std::map<ModelKey, std::shared_ptr<Entry>> entries_;
  RegistryCounts counts_;
};

}  // namespace gsttorch
