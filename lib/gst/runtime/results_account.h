// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <atomic>
#include <cstddef>

namespace gsttorch {

/// How many bytes of arrays elements have attached to frames, for as long as somebody holds them:
/// queues count a frame's pixels alone. There is one for the process. Thread-safe.
class ResultsAccount {
 public:
  static ResultsAccount& instance();

  void add(std::size_t bytes) { bytes_ += bytes; }
  void remove(std::size_t bytes) { bytes_ -= bytes; }
  std::size_t bytes() const { return bytes_; }

  /// A quarter of this limit, or, where it is 0, of the machine's memory may be in use.
  void set_memory_limit(std::size_t bytes) { memory_limit_ = bytes; }
  std::size_t bound() const;
  /// Whether so many more stay within the bound. Elements that ask at the same time may exceed it
  /// by a frame each.
  bool fits(std::size_t bytes) const;

 private:
  ResultsAccount() = default;

  std::atomic<std::size_t> bytes_ = 0;
  std::atomic<std::size_t> memory_limit_ = 0;
};

}  // namespace gsttorch
