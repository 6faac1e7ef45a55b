// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include "lib/base/result.h"

namespace gsttorch {

/// report.html of a results directory.
std::string report_path(const std::string& directory);

/// Makes it from what the directory holds, and from the video where that is still at its place. One
/// file that needs no other. Needs gst_init.
Result<void> write_report(const std::string& directory);

}  // namespace gsttorch
