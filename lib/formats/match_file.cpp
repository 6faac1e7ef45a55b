// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/formats/match_file.h"

#include <cstdio>
#include <cstring>
#include <vector>

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

}  // namespace gsttorch
