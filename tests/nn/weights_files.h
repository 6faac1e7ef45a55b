// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/temp_directory.h"

namespace gsttorch::testing {

/// A temporary directory for weights files.
class WeightsDirectory : public TempDirectory {
 public:
  std::string write(std::string_view bytes, const std::string& name = "weights") const {
    write_text(path(name), std::string(bytes));
    return path(name);
  }
};

template <typename T>
std::string little(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

/// A safetensors file from its parts, valid or not.
inline std::string safetensors(const std::string& header, const std::string& data) {
  return little<std::uint64_t>(header.size()) + header + data;
}

// Pickle opcodes, one function per construct.
namespace pickle {

inline std::string text(const std::string& value) {
  return std::string("X").append(little<std::uint32_t>(value.size())).append(value);
}
inline std::string number(std::int32_t value) { return std::string("J").append(little(value)); }
inline std::string global(const std::string& module, const std::string& name) {
  return std::string("c").append(module).append("\n").append(name).append("\n");
}
inline std::string tuple(const std::string& items) {
  return std::string("(").append(items).append("t");
}
inline std::string dict(const std::string& items) {
  return std::string("}(").append(items).append("u");
}
inline std::string document(const std::string& value) {
  return std::string("\x80\x02").append(value).append(".");
}
inline std::string call(const std::string& function, const std::string& arguments) {
  return function + tuple(arguments) + "R";
}
inline std::string storage(const std::string& type, const std::string& key, std::int32_t elements) {
  return tuple(text("storage") + global("torch", type) + text(key) + text("cpu") +
               number(elements)) +
         "Q";
}
inline std::string tensor(const std::string& storage, const std::string& offset,
                          const std::string& sizes, const std::string& strides) {
  return call(global("torch._utils", "_rebuild_tensor_v2"),
              storage + offset + tuple(sizes) + tuple(strides) + "\x89" + "}");
}

}  // namespace pickle

/// An uncompressed zip archive of these records; `method` is the compression that its directory
/// claims.
inline std::string zip(const std::vector<std::pair<std::string, std::string>>& records,
                       std::uint16_t method = 0) {
  std::string body;
  std::string directory;
  for (const auto& [name, data] : records) {
    const std::string common = little<std::uint16_t>(0) + little(method) + std::string(8, '\0') +
                               little<std::uint32_t>(data.size()) +
                               little<std::uint32_t>(data.size()) +
                               little<std::uint16_t>(name.size()) + little<std::uint16_t>(0);
    directory += std::string("PK\x01\x02", 4) + std::string(4, '\0') + common +
                 std::string(10, '\0') + little<std::uint32_t>(body.size()) + name;
    body += std::string("PK\x03\x04", 4) + std::string(2, '\0') + common + name + data;
  }
  const auto count = little<std::uint16_t>(records.size());
  return body + directory + std::string("PK\x05\x06", 4) + std::string(4, '\0') + count + count +
         little<std::uint32_t>(directory.size()) + little<std::uint32_t>(body.size()) +
         std::string(2, '\0');
}

/// A file as torch.save writes it, with this object and these storages.
inline std::string torch_zip(const std::string& object,
                             std::vector<std::pair<std::string, std::string>> storages = {}) {
  std::vector<std::pair<std::string, std::string>> records = {
      {"archive/data.pkl", pickle::document(object)}};
  for (auto& [key, data] : storages) records.emplace_back("archive/data/" + key, std::move(data));
  return zip(records);
}

}  // namespace gsttorch::testing
