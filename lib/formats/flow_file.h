// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/formats/flow_view.h"

namespace gsttorch {

/// What a Middlebury .flo file holds.
struct FlowFile {
  int width = 0;
  int height = 0;
  std::vector<float> vectors;  ///< [height, width, 2] (x, y), pixels

  FlowView view() const { return {vectors.data(), width, height}; }
};

/// Bytes of a .flo file of this size.
std::uint64_t flow_file_bytes(int width, int height);

/// Writes float32 whatever the view's type. The name appears once the file is whole: it is written
/// as PATH.part in the same directory and then renamed.
Result<void> write_flow_file(const std::string& path, const FlowView& flow);

/// Refuses a file whose length is not what its header says.
Result<FlowFile> read_flow_file(const std::string& path);

}  // namespace gsttorch
