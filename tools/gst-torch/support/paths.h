// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.h"

namespace gsttorch {

// Asked before the work starts, so that no result is lost at its end.

/// An existing regular file that can be opened.
Result<void> check_input_file(const std::string& path);

/// A file that an option names. "-" names the standard output.
struct OutputOption {
  const char* name;  ///< of the option: "--visual"
  std::optional<std::string> path;
};

/// Where to write what an option names: /dev/stdout for "-".
std::string output_path(const std::string& name);

/// An Error if one of the files cannot be written, is one of the inputs, or is named twice. Files
/// are compared, not names. What is in them stays.
Result<void> check_output_files(const std::vector<OutputOption>& outputs,
                                const std::vector<std::string>& inputs);

/// Where to print a summary: stderr if one of the files is the standard output.
std::FILE* summary_stream(const std::vector<OutputOption>& outputs);

/// A directory in which files can be made; it is created where it is absent.
Result<void> check_output_directory(const std::string& path);

}  // namespace gsttorch
