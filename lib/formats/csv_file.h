// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace gsttorch {

/// One line of comma-separated values, without the spaces around them.
struct CsvLine {
  std::size_t number = 0;  ///< of the line in its file, from 1
  std::vector<std::string> fields;

  /// Index of the field with this content.
  std::optional<std::size_t> find(std::string_view field) const;
};

/// Reads a file of plain numbers and names: a quote has no special meaning. Skips empty lines.
Result<std::vector<CsvLine>> read_csv_file(const std::string& path);

/// A whole field as a finite decimal number; the locale does not matter.
std::optional<double> parse_decimal(std::string_view text);

}  // namespace gsttorch
