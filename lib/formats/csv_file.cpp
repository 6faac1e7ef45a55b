// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/formats/csv_file.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>

namespace gsttorch {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r";
  const std::size_t start = text.find_first_not_of(kSpace);
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(kSpace) - start + 1);
}

std::vector<std::string> fields_of(std::string_view line) {
  std::vector<std::string> fields;
  for (std::size_t end = 0; end != std::string_view::npos;) {
    end = line.find(',');
    fields.emplace_back(trimmed(line.substr(0, end)));
    if (end != std::string_view::npos) line.remove_prefix(end + 1);
  }
  return fields;
}

}  // namespace

std::optional<std::size_t> CsvLine::find(std::string_view field) const {
  const auto at = std::find(fields.begin(), fields.end(), field);
  if (at == fields.end()) return std::nullopt;
  return static_cast<std::size_t>(at - fields.begin());
}

Result<std::vector<CsvLine>> read_csv_file(const std::string& path) {
  std::ifstream in(path);
  if (!in) return Error{ErrorCode::NotFound, "cannot read " + path + ": " + std::strerror(errno)};
  std::vector<CsvLine> lines;
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    number++;
    if (!trimmed(line).empty()) lines.push_back({number, fields_of(line)});
  }
  if (in.bad()) return Error{ErrorCode::NotFound, "cannot read " + path};
  return lines;
}

std::optional<double> parse_decimal(std::string_view text) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || rest != end || !std::isfinite(number)) return std::nullopt;
  return number;
}

}  // namespace gsttorch
