// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/models/weights_file.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>

#include "lib/models/manifest.h"

namespace gsttorch {
namespace {

constexpr std::size_t kHeadBytes = 9;
using Head = std::array<unsigned char, kHeadBytes>;

// A little-endian length, then a JSON object.
bool is_safetensors(const Head& head) { return head[8] == '{' && head[7] == 0 && head[6] == 0; }
bool is_zip(const Head& head) { return std::memcmp(head.data(), "PK\x03\x04", 4) == 0; }
bool is_pickle(const Head& head) { return head[0] == 0x80 && head[1] >= 2 && head[1] <= 5; }

}  // namespace

Result<void> check_weights_file(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return Error{ErrorCode::NotFound, path + ": " + std::strerror(errno ? errno : ENOENT)};
  }
  Head head{};
  file.read(reinterpret_cast<char*>(head.data()), head.size());
  const bool is_whole = file.gcount() == static_cast<std::streamsize>(head.size());
  if (is_whole && (is_safetensors(head) || is_zip(head) || is_pickle(head))) return {};
  return Error{ErrorCode::Corrupt, path + " is not a safetensors or torch.save file"};
}

Result<std::string> find_weights(const std::string& name_or_path) {
  auto path = resolve_weights(name_or_path);
  if (!path) return path;
  if (auto checked = check_weights_file(*path); !checked) return checked.error();
  return path;
}

}  // namespace gsttorch
