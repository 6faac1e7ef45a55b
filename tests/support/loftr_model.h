// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include "tests/support/loftr_formula.h"
#include "tests/support/paths.h"
#include "tests/support/temp_directory.h"
#include "tests/support/weights_file.h"

namespace gsttorch {

/// A narrow LoFTR (four heads, fixed position encoding) with weights from a formula: its results
/// are reproducible, and no file has to be fetched. The file is deleted when the process ends.
inline const std::string& small_loftr_model() {
  static const TempDirectory directory;
  static const std::string path = [] {
    const std::string file = directory.path("small-loftr.safetensors");
    formula::write_weights(
        file, source_file("tests/nn/goldens/loftr_narrow.shapes"),
        [](const formula::Entry& entry, std::size_t i) { return formula::loftr_weight(entry, i); },
        R"({"heads":"4","position_encoding":"fixed"})");
    return file;
  }();
  return path;
}

}  // namespace gsttorch
