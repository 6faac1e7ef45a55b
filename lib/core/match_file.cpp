// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/core/match_file.h"

#include <cstdio>

#include "lib/core/output_file.h"

namespace gsttorch {

std::string match_csv(std::span<const Match> matches, std::span<const std::uint8_t> inliers) {
  std::string text = "x0,y0,x1,y1,confidence,inlier\n";
  char line[160];
  for (std::size_t i = 0; i < matches.size(); i++) {
    const Match& m = matches[i];
    std::snprintf(line, sizeof line, "%.3f,%.3f,%.3f,%.3f,%.6f,%d\n", m.x0, m.y0, m.x1, m.y1,
                  m.confidence, inliers.empty() || inliers[i] ? 1 : 0);
    text += line;
  }
  return text;
}

Result<void> write_match_csv(const std::string& path, std::span<const Match> matches,
                             std::span<const std::uint8_t> inliers) {
  const std::string text = match_csv(matches, inliers);
  return write_whole_file(path,
                          [&](OutputFile& file) { return file.write(text.data(), text.size()); });
}

}  // namespace gsttorch
