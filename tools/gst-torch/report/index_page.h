// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"

namespace gsttorch {

struct IndexEntry {
  std::string video;
  std::string directory;  ///< below the index's
  std::string state;
  std::string error;
};

/// Writes index.html: a list of results directories, with links to their reports.
Result<void> write_index(const std::string& directory, const std::vector<IndexEntry>& entries);

}  // namespace gsttorch
