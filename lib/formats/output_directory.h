// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include "lib/base/result.h"

namespace gsttorch {

/// Creates the directory and its parents if they do not exist.
Result<void> make_directory(const std::string& path);

/// Does the same, then writes a test file: permissions, quotas, read-only mounts and full disks
/// show up only on writing.
Result<void> make_writable_directory(const std::string& path);

}  // namespace gsttorch
