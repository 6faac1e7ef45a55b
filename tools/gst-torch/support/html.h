// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gsttorch {

// Text of a page. What comes from outside (names, messages) goes through `escaped`.

/// Safe between tags and in attributes, whatever the bytes.
std::string escaped(const std::string& text);

/// "12.3"; a dash where there is no number.
std::string format_number(std::optional<double> number, int decimals);
std::string format_count(std::uint64_t count);  ///< "12 345", with narrow spaces
std::string format_bytes(double bytes);         ///< "12.3 MiB"
std::string format_time(double seconds);        ///< "0:07.48", "1:02:03.00"

/// data:TYPE;base64,...
std::string data_uri(const char* type, const std::string& bytes);

/// A path as an address relative to the page.
std::string relative_address(const std::string& path);

/// A table that scrolls sideways on its own where the page is narrow.
class Table {
 public:
  enum class Align { Text, Number };
  struct Column {
    std::string title;
    Align align = Align::Number;
  };

  Table(std::string caption, std::vector<Column> columns);
  Table& row(const std::vector<std::string>& cells);  ///< cells are markup already
  bool is_empty() const { return rows_.empty(); }
  std::string html() const;
  /// Closed until somebody opens it.
  std::string folded(const std::string& summary) const;

 private:
  std::string caption_;
  std::vector<Column> columns_;
  std::string rows_;
};

}  // namespace gsttorch
