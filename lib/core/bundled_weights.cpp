// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/core/bundled_weights.h"

#include <cstdlib>
#include <filesystem>

#include "config.h"
#include "lib/core/manifest.h"

namespace gsttorch {
namespace {

namespace fs = std::filesystem;

// Beside the manifest, from the tree and where it was installed.
fs::path bundled_folder() {
  const char* manifest = std::getenv("GST_TORCH_MANIFEST");
  const fs::path file = manifest && *manifest ? manifest : GSTTORCH_DATADIR "/models/manifest.json";
  return file.parent_path() / "bundled";
}

}  // namespace

Result<std::string> resolve_or_bundled(const std::string& name_or_path) {
  auto found = resolve_weights(name_or_path);
  const bool is_name = name_or_path.find('/') == std::string::npos;
  if (found || !is_name) return found;
  const fs::path file = bundled_folder() / (name_or_path + ".safetensors");
  std::error_code ignored;
  return fs::is_regular_file(file, ignored) ? Result<std::string>(file.string()) : found;
}

}  // namespace gsttorch
