// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <fstream>
#include <sstream>
#include <string>

namespace gsttorch {

/// Returns the contents of a file, as far as they can be read; empty if it cannot be opened. Does
/// not throw if reading fails, which std::istreambuf_iterator does: for a directory, or for a file
/// in /proc whose thread has ended since.
inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream contents;
  contents << in.rdbuf();
  return contents.str();
}

}  // namespace gsttorch
