// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>

namespace gsttorch {

/// Allocates blocks of memory that the CPU can read and write: from the heap, or in pages that a
/// device can copy from without staging. Thread-safe.
class BlockSource {
 public:
  virtual ~BlockSource() = default;

  /// Returns a block aligned to kBlockAlignment, with undefined content, or null if no memory is
  /// available.
  virtual void* allocate(std::size_t bytes) noexcept = 0;
  /// Frees a block from `allocate(bytes)`.
  virtual void free(void* block, std::size_t bytes) noexcept = 0;
};

constexpr std::size_t kBlockAlignment = 64;  // a cache line, and the widest vector register

/// Allocates from the heap.
class HostBlockSource : public BlockSource {
 public:
  void* allocate(std::size_t bytes) noexcept override;
  void free(void* block, std::size_t bytes) noexcept override;
};

}  // namespace gsttorch
