// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/formats/path_pattern.h"

#include <algorithm>
#include <regex>

namespace gsttorch {
namespace {

Error bad_pattern(const std::string& pattern) {
  return {ErrorCode::BadArgument,
          "\"" + pattern +
              "\" is not a valid path pattern: use exactly one number, such as \"debug/%05d.png\""};
}

std::string without_doubled_percent(const std::string& text) {
  return std::regex_replace(text, std::regex("%%"), "%");
}

}  // namespace

Result<PathPattern> PathPattern::create(const std::string& pattern) {
  // Does not use printf, which would read arguments for any other conversion in the pattern.
  const std::regex expected("((?:[^%]|%%)*)%(0?)([0-9]?)d((?:[^%]|%%)*)");
  std::smatch parts;
  if (!std::regex_match(pattern, parts, expected)) return bad_pattern(pattern);
  PathPattern numbered;
  numbered.before_ = without_doubled_percent(parts[1]);
  numbered.after_ = without_doubled_percent(parts[4]);
  if (parts[2].length() > 0) numbered.fill_ = '0';
  if (parts[3].length() > 0) numbered.digits_ = std::stoi(parts[3]);
  return numbered;
}

std::string PathPattern::path(std::uint64_t number) const {
  const std::string digits = std::to_string(number);
  const std::size_t missing = std::max(0, digits_ - static_cast<int>(digits.size()));
  return before_ + std::string(missing, fill_) + digits + after_;
}

}  // namespace gsttorch
