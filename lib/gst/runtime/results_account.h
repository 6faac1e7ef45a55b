// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <atomic>
#include <cstddef>

namespace gsttorch {

/// Counts the bytes of arrays that elements have attached to frames, as long as the arrays exist:
/// queues only count a frame's pixels. One per process. Thread-safe.
class ResultsAccount {
 public:
  static ResultsAccount& instance();

  void add(std::size_t bytes) { bytes_ += bytes; }
  void remove(std::size_t bytes) { bytes_ -= bytes; }
  std::size_t bytes() const { return bytes_; }

  /// Arrays may use a quarter of this limit or, if it is 0, of the machine's memory.
  void set_memory_limit(std::size_t bytes) { memory_limit_ = bytes; }
  std::size_t bound() const;
  /// Whether that many more bytes stay within the bound. Elements that ask at the same time may
  /// exceed it by one frame each.
  bool fits(std::size_t bytes) const;

 private:
  ResultsAccount() = default;

  std::atomic<std::size_t> bytes_ = 0;
  std::atomic<std::size_t> memory_limit_ = 0;
};

}  // namespace gsttorch
