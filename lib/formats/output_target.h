// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <optional>
#include <string>

#include "lib/base/result.h"

namespace gsttorch {

/// What a path leads to if symbolic links are followed.
struct OutputTarget {
  std::string path;               ///< no symbolic link to a file; it need not exist
  std::optional<int> descriptor;  ///< open in this process: /dev/stdout, /dev/fd/N
  /// A file, or nothing yet. Otherwise a pipe, a device, a directory or a descriptor.
  bool is_regular = true;

  bool is_standard_output() const { return descriptor == 1; }
};

/// An Error if the links form a loop.
Result<OutputTarget> find_output_target(const std::string& path);

/// Whether both are the same file, by whatever names. Devices such as /dev/null take the data of
/// several writers, so they are no such file; descriptors are.
bool is_same_file(const OutputTarget& one, const OutputTarget& other);

}  // namespace gsttorch
