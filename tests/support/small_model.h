// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include "tests/support/paths.h"
#include "tests/support/temp_directory.h"
#include "tests/support/weights_file.h"

namespace gsttorch {

/// A flow model with weights from a formula: its results are reproducible, and no file has to be
/// fetched. The file is deleted when the process ends.
inline const std::string& small_flow_model() {
  static const TempDirectory directory;
  static const std::string path = [] {
    const std::string file = directory.path("small.safetensors");
    formula::write_weights(file, source_file("tests/nn/goldens/raft_small.shapes"));
    return file;
  }();
  return path;
}

}  // namespace gsttorch
