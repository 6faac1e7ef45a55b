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
  Interrupted,  ///< whoever waits to put something in, or for it to be done, is sent away
  Closed,       ///< nothing more goes in; what is there still comes out
  Failed,       ///< nothing more goes in, and what was there is gone
};

/// Hands items from one thread to another that works on them. A full queue makes the giver wait,
/// and every wait can be ended from a third thread. Thread-safe.
template <typename T>
class BoundedQueue {
 public:
  /// Puts an item in, waiting while there are `capacity` or more. Anything but Open means that the
  /// item was not taken.
  QueueState push(T item, std::size_t capacity) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return state_ != QueueState::Open || items_.size() < capacity; });
    if (state_ != QueueState::Open) return state_;
    items_.push_back(std::move(item));
    changed_.notify_all();
    return state_;
  }

  /// Puts an item in if that is possible at once.
  bool try_push(T item, std::size_t capacity) {
    const std::lock_guard lock(mutex_);
    if (state_ != QueueState::Open || items_.size() >= capacity) return false;
    items_.push_back(std::move(item));
    changed_.notify_all();
    return true;
  }

  /// The next item, waiting for it; nothing once the queue is closed and empty, or has failed.
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

  /// Waits until all that was put in has been worked on: until the taker waits for more. Open means
  /// that this is so.
  QueueState drain() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return state_ != QueueState::Open || (idle_ && items_.empty()); });
    return state_;
  }

  /// Open and Interrupted may follow each other; Closed and Failed stay until `reset`.
  void set_state(QueueState state) {
    std::deque<T> dropped;  // destroyed after the lock is given back
    const std::lock_guard lock(mutex_);
    if (is_final()) return;
    state_ = state;
    if (state == QueueState::Failed) dropped.swap(items_);
    changed_.notify_all();
  }

  /// Empty and open again, as if new. Only while no taker is at work.
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
