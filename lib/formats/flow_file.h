// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/formats/flow_view.h"

namespace gsttorch {

/// The content of a Middlebury .flo file.
struct FlowFile {
  int width = 0;
  int height = 0;
  std::vector<float> vectors;  ///< [height, width, 2] (x, y), pixels

  FlowView view() const { return {vectors.data(), width, height}; }
};

/// Size in bytes of a .flo file with these dimensions.
std::uint64_t flow_file_bytes(int width, int height);

/// Writes float32 for either type of the view. The file is written as PATH.part in the same
/// directory and renamed to its name once it is complete.
Result<void> write_flow_file(const std::string& path, const FlowView& flow);

/// Rejects a file whose length does not match its header.
Result<FlowFile> read_flow_file(const std::string& path);

}  // namespace gsttorch
