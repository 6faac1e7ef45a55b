// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/formats/match_file.h"

#include <array>
#include <cstdio>
#include <cstring>
#include <optional>

#include "lib/formats/csv_file.h"
#include "lib/formats/npz_archive.h"
#include "lib/formats/output_file.h"

namespace gsttorch {
namespace {

constexpr char kColumns[] = "x0,y0,x1,y1,confidence,inlier\n";

void append_line(std::string& text, const Match& m, bool is_inlier) {
  char line[320];  // fits five numbers of the largest magnitude
  std::snprintf(line, sizeof line, "%.3f,%.3f,%.3f,%.3f,%.6f,%d\n", m.x0, m.y0, m.x1, m.y1,
                m.confidence, is_inlier ? 1 : 0);
  text += line;
}

/// Selects columns of all rows; a single column gets the shape (count).
NpzArray columns_of(const MatchRows& rows, const char* name, std::size_t first,
                    std::size_t columns) {
  NpzArray array{name,
                 "<f4",
                 {rows.count},
                 nullptr,
                 rows.count,
                 columns * sizeof(float),
                 MatchRows::kRowBytes};
  if (columns > 1) array.shape.push_back(columns);
  if (rows.data) array.data = static_cast<const std::byte*>(rows.data) + first * sizeof(float);
  return array;
}

Result<std::uint64_t> write_npz(const std::string& path, const MatchRows& rows) {
  const std::vector<NpzArray> arrays = {
      columns_of(rows, "keypoints0", 0, 2), columns_of(rows, "keypoints1", 2, 2),
      columns_of(rows, "confidence", 4, 1), columns_of(rows, "inlier", 5, 1)};
  if (auto done = write_npz_archive(path, arrays); !done) return done.error();
  return npz_archive_bytes(arrays);
}

// Where x0, y0, x1, y1 and the confidence are in a line.
using MatchColumns = std::array<std::optional<std::size_t>, 5>;
constexpr std::array<const char*, 5> kMatchColumns = {"x0", "y0", "x1", "y1", "confidence"};

MatchColumns find_columns(const CsvLine& first) {
  MatchColumns columns;
  const bool has_names = !parse_decimal(first.fields.front());
  for (std::size_t i = 0; i < columns.size(); i++) {
    columns[i] = has_names ? first.find(kMatchColumns[i]) : std::optional(i);
  }
  if (!has_names && first.fields.size() < columns.size()) columns.back().reset();
  return columns;
}

Error bad_matches(const std::string& path, const std::string& why) {
  return {ErrorCode::Corrupt, path + " does not contain matches: " + why};
}

std::optional<Match> parse_match(const CsvLine& line, const MatchColumns& columns) {
  std::array<float, 5> numbers{0, 0, 0, 0, 1};
  for (std::size_t i = 0; i < columns.size(); i++) {
    if (!columns[i]) continue;
    if (*columns[i] >= line.fields.size()) return std::nullopt;
    const auto number = parse_decimal(line.fields[*columns[i]]);
    if (!number) return std::nullopt;
    numbers[i] = static_cast<float>(*number);
  }
  return Match{numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]};
}

}  // namespace

Match MatchRows::at(std::size_t i) const {
  float row[5];
  std::memcpy(row, static_cast<const std::byte*>(data) + i * kRowBytes, sizeof row);
  return {row[0], row[1], row[2], row[3], row[4]};
}

bool MatchRows::is_inlier(std::size_t i) const {
  float flag = 0;
  std::memcpy(&flag, static_cast<const std::byte*>(data) + (i + 1) * kRowBytes - sizeof flag,
              sizeof flag);
  return flag != 0;
}

std::string match_csv(std::span<const Match> matches, std::span<const std::uint8_t> inliers) {
  std::string text = kColumns;
  for (std::size_t i = 0; i < matches.size(); i++) {
    append_line(text, matches[i], inliers.empty() || inliers[i]);
  }
  return text;
}

std::string match_csv(const MatchRows& rows) {
  std::string text = kColumns;
  for (std::size_t i = 0; i < rows.count; i++) append_line(text, rows.at(i), rows.is_inlier(i));
  return text;
}

Result<void> write_match_csv(const std::string& path, std::span<const Match> matches,
                             std::span<const std::uint8_t> inliers) {
  return write_whole_file(path, match_csv(matches, inliers));
}

Result<std::uint64_t> write_match_file(const std::string& path, const MatchRows& rows) {
  if (path.ends_with(".npz")) return write_npz(path, rows);
  const std::string text = match_csv(rows);
  if (auto done = write_whole_file(path, text); !done) return done.error();
  return text.size();
}

Result<std::vector<Match>> read_match_csv(const std::string& path) {
  const auto lines = read_csv_file(path);
  if (!lines) return lines.error();
  if (lines->empty()) return bad_matches(path, "it is empty");
  const MatchColumns columns = find_columns(lines->front());
  for (std::size_t i = 0; i < 4; i++) {
    if (!columns[i]) return bad_matches(path, std::string("it has no column ") + kMatchColumns[i]);
  }
  const std::size_t names = parse_decimal(lines->front().fields.front()) ? 0 : 1;
  std::vector<Match> matches;
  for (std::size_t i = names; i < lines->size(); i++) {
    const auto match = parse_match((*lines)[i], columns);
    if (!match) {
      return bad_matches(path, "line " + std::to_string((*lines)[i].number) +
                                   " does not have the numbers of a match");
    }
    matches.push_back(*match);
  }
  return matches;
}

}  // namespace gsttorch
