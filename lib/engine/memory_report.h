// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace gsttorch {

/// Bytes of the tensors that one stage of one model allocated and that are still alive.
struct StageMemory {
  std::string model;  ///< "raft-small", or "" where no model was at work
  std::string stage;  ///< "weights", "image", "features", "flow"
  std::size_t current = 0;
  std::size_t peak = 0;
};

/// What the tensors of one device take.
struct MemoryReport {
  std::size_t current = 0;   ///< bytes in live tensors
  std::size_t peak = 0;      ///< the most there were at once, since the last reset
  std::size_t reserved = 0;  ///< held from the system or driver; on the CPU the same as current
  std::size_t limit = 0;     ///< bytes; 0: none
  std::size_t blocks = 0;    ///< live allocations
  std::vector<StageMemory> stages;
};

}  // namespace gsttorch
