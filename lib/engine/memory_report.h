// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace gsttorch {

/// Live tensors that one stage of one model allocated, in bytes.
struct StageMemory {
  std::string model;  ///< "raft-small", or "" if no model was running
  std::string stage;  ///< "weights", "image", "features", "flow"
  std::size_t current = 0;
  std::size_t peak = 0;
};

/// Memory that the tensors of one device use.
struct MemoryReport {
  std::size_t current = 0;   ///< bytes in live tensors
  std::size_t peak = 0;      ///< maximum of `current` since the last reset
  std::size_t reserved = 0;  ///< allocated from the system or driver; on the CPU: current
  std::size_t limit = 0;     ///< bytes; 0: none
  std::size_t blocks = 0;    ///< live allocations
  std::vector<StageMemory> stages;
};

}  // namespace gsttorch
