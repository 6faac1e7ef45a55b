// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include "lib/base/result.h"

namespace gsttorch {

// Asked before the work starts, so that no result is lost at its end.

/// An existing regular file that can be opened.
Result<void> check_input_file(const std::string& path);

/// A file that can be written, new or not; what is in it stays.
Result<void> check_output_file(const std::string& path);

/// A directory in which files can be made; it is created where it is absent.
Result<void> check_output_directory(const std::string& path);

/// An error where `output` is the same file as `input`, by whatever name.
Result<void> check_not_input(const std::string& output, const std::string& input);

}  // namespace gsttorch
