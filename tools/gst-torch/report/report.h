// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <string>

#include "lib/base/result.h"

namespace gsttorch {

/// How many frames at regular intervals the report shows, at most.
constexpr std::size_t kContactSheetFrames = 12;

/// Writes report.html of a results directory, from its files and, if it still exists, the video.
/// The page needs no other file. Needs gst_init.
Result<void> write_report(const std::string& directory);

}  // namespace gsttorch
