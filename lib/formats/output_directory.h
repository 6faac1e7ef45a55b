// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include "lib/base/result.h"

namespace gsttorch {

/// Makes the directory with its parents where it is missing.
Result<void> make_directory(const std::string& path);

/// The same, and proves by writing a file that it can be written to: permissions, quotas, read-only
/// mounts and full disks all show only then.
Result<void> make_writable_directory(const std::string& path);

}  // namespace gsttorch
