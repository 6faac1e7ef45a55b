// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace gsttorch {

enum class QueueState {
  Open,
  Interrupted,  ///< callers that wait in `push` or `drain` return at once
  Closed,       ///< accepts no more items; the queued ones can still be popped
  Failed,       ///< accepts no more items; the queued ones were dropped
};

/// Passes items from one thread to another that processes them. A full queue blocks the producer,
/// and a third thread can end every wait. Thread-safe.
template <typename T>
class BoundedQueue {
 public:
  /// Adds an item; blocks while the queue has `capacity` or more items. If the returned state is
  /// not Open, the item was not added.
  QueueState push(T item, std::size_t capacity) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return state_ != QueueState::Open || items_.size() < capacity; });
    if (state_ != QueueState::Open) return state_;
    items_.push_back(std::move(item));
    changed_.notify_all();
    return state_;
  }

  /// Adds an item if that is possible without waiting.
  bool try_push(T item, std::size_t capacity) {
    const std::lock_guard lock(mutex_);
    if (state_ != QueueState::Open || items_.size() >= capacity) return false;
    items_.push_back(std::move(item));
    changed_.notify_all();
    return true;
  }

  /// Waits for the next item and returns it. Returns nullopt once the queue has failed, or is
  /// closed and empty.
  std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    idle_ = items_.empty();
    changed_.notify_all();
    changed_.wait(lock, [&] { return !items_.empty() || is_final(); });
    idle_ = false;
    if (items_.empty()) return std::nullopt;
    T item = std::move(items_.front());
    items_.pop_front();
    changed_.notify_all();
    return item;
  }

  /// Waits until all items have been processed, that is, until the consumer waits for the next one.
  /// Returns Open in that case.
  QueueState drain() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return state_ != QueueState::Open || (idle_ && items_.empty()); });
    return state_;
  }

  /// The state may switch between Open and Interrupted; Closed and Failed last until `reset`.
  void set_state(QueueState state) {
    std::deque<T> dropped;  // destroyed after the lock is released
    const std::lock_guard lock(mutex_);
    if (is_final()) return;
    state_ = state;
    if (state == QueueState::Failed) dropped.swap(items_);
    changed_.notify_all();
  }

  /// Makes the queue empty and open, as if new. Call it only while no consumer is running.
  void reset() {
    std::deque<T> dropped;
    const std::lock_guard lock(mutex_);
    dropped.swap(items_);
    state_ = QueueState::Open;
    idle_ = false;
  }

  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return items_.size();
  }

 private:
  bool is_final() const { return state_ == QueueState::Closed || state_ == QueueState::Failed; }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  std::deque<T> items_;
  QueueState state_ = QueueState::Open;
  bool idle_ = false;
};

}  // namespace gsttorch
