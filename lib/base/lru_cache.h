// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <utility>

namespace gsttorch {

struct CacheCounts {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t evictions = 0;  ///< values evicted to stay within the budget
  std::size_t bytes = 0;        ///< size of the cached values
};

/// Caches values by key within a budget in bytes; beyond it, the least recently used ones are
/// evicted. `Value` must be cheap to copy (a shared pointer), and its default means "not in the
/// cache".
template <typename Key, typename Value>
class LruCache {
 public:
  /// 0: no limit.
  explicit LruCache(std::size_t budget_bytes = 0) : budget_(budget_bytes) {}

  void set_budget(std::size_t bytes) {
    budget_ = bytes;
    shrink();
  }

  /// Returns the value, makes it the most recently used, and counts a hit or a miss.
  Value find(const Key& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) {
      counts_.misses++;
      return {};
    }
    counts_.hits++;
    order_.splice(order_.begin(), order_, found->second);
    return order_.front().value;
  }

  /// Stores a value, replacing one with the same key. A value larger than the whole budget is not
  /// kept.
  void put(const Key& key, Value value, std::size_t bytes) {
    erase(key);
    order_.push_front({key, std::move(value), bytes});
    index_[key] = order_.begin();
    counts_.bytes += bytes;
    shrink();
  }

  /// Updates the size of each value with `bytes_of(value)`.
  template <typename BytesOf>
  void measure(BytesOf&& bytes_of) {
    counts_.bytes = 0;
    for (Entry& entry : order_) counts_.bytes += entry.bytes = bytes_of(entry.value);
    shrink();
  }

  void erase(const Key& key) {
    const auto found = index_.find(key);
    if (found != index_.end()) drop(found->second);
  }

  /// Erases each entry for which `predicate(key)` is true.
  template <typename Predicate>
  void erase_if(Predicate&& predicate) {
    for (auto entry = order_.begin(); entry != order_.end();) {
      const auto next = std::next(entry);
      if (predicate(entry->key)) drop(entry);
      entry = next;
    }
  }

  void clear() {
    erase_if([](const Key&) { return true; });
  }

  std::size_t size() const { return order_.size(); }
  const CacheCounts& counts() const { return counts_; }

 private:
  struct Entry {
    Key key;
    Value value;
    std::size_t bytes;
  };
  using Position = typename std::list<Entry>::iterator;

  void drop(Position entry) {
    counts_.bytes -= entry->bytes;
    index_.erase(entry->key);
    order_.erase(entry);
  }

  void shrink() {
    while (budget_ > 0 && counts_.bytes > budget_) {
      counts_.evictions++;
      drop(std::prev(order_.end()));
    }
  }

  std::size_t budget_;
  std::list<Entry> order_;  // most recently used first
  std::map<Key, Position> index_;
  CacheCounts counts_;
};

}  // namespace gsttorch
