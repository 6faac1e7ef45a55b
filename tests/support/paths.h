// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

/// Real images, videos and weights that are not part of the project ($GST_TORCH_SHARED/data/...).
inline std::string shared_data(const std::string& file) {
  const char* root = std::getenv("GST_TORCH_SHARED");
  return std::string(root ? root : "../shared") + "/data/" + file;
}

/// Skips the test with a message if a file that it needs is missing.
#define SKIP_WITHOUT(path) \
  if (!std::filesystem::exists(path)) GTEST_SKIP() << (path) << " is not there"

/// A file of this project, by its path from the root.
inline std::string source_file(const std::string& file) {
  const char* root = std::getenv("GST_TORCH_SOURCE_ROOT");
  return std::string(root ? root : ".") + "/" + file;
}
