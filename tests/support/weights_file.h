// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <fstream>
#include <sstream>
#include <string>

#include "tests/support/formula.h"

namespace gsttorch::formula {

/// Writes a safetensors file with the keys and shapes of a .shapes file and weights from a formula:
/// a model with reproducible results that nobody had to train. `metadata` is a JSON object of
/// strings.
template <typename Weight>
void write_weights(const std::string& path, const std::string& shapes_file, Weight&& weight,
                   const std::string& metadata = {}) {
  std::ostringstream header, data;
  header << '{';
  if (!metadata.empty()) header << "\"__metadata__\":" << metadata << ',';
  std::ifstream shapes(shapes_file);
  for (std::string line; std::getline(shapes, line);) {
    const Entry entry = parse_entry(line);
    const auto begin = data.tellp();
    for (std::size_t i = 0; i < entry.elements(); i++) {
      const float value = weight(entry, i);
      data.write(reinterpret_cast<const char*>(&value), sizeof value);
    }
    header << (begin ? "," : "") << '"' << entry.key << "\":{\"dtype\":\"F32\",\"shape\":[";
    for (std::size_t d = 0; d < entry.shape.size(); d++) header << (d ? "," : "") << entry.shape[d];
    header << "],\"data_offsets\":[" << begin << ',' << data.tellp() << "]}";
  }
  header << '}';
  const std::uint64_t length = header.str().size();
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(&length), sizeof length);
  file << header.str() << data.str();
}

inline void write_weights(const std::string& path, const std::string& shapes_file) {
  write_weights(path, shapes_file,
                [](const Entry& entry, std::size_t index) { return weight(entry, index); });
}

}  // namespace gsttorch::formula
