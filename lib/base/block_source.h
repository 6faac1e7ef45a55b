// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>

namespace gsttorch {

/// Where blocks of memory that the CPU can read and write come from: the heap, or pages that a
/// device can copy from without staging. Thread-safe.
class BlockSource {
 public:
  virtual ~BlockSource() = default;

  /// A block that starts at a multiple of kBlockAlignment, its content undefined. Null where there
  /// is none to be had.
  virtual void* allocate(std::size_t bytes) noexcept = 0;
  /// Takes back what `allocate(bytes)` gave.
  virtual void free(void* block, std::size_t bytes) noexcept = 0;
};

constexpr std::size_t kBlockAlignment = 64;  // a cache line, and the widest vector register

/// Blocks from the heap.
class HostBlockSource : public BlockSource {
 public:
  void* allocate(std::size_t bytes) noexcept override;
  void free(void* block, std::size_t bytes) noexcept override;
};

}  // namespace gsttorch
