// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/formats/output_target.h"

#include <cerrno>
#include <charconv>
#include <filesystem>

#include "lib/formats/output_file.h"

namespace gsttorch {
namespace {

namespace fs = std::filesystem;

constexpr int kMostLinks = 40;  // as Linux follows them

fs::path directory_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

// /dev/stdout and /dev/fd/N are links into this directory. Its entries are links, too, but those of
// pipes lead nowhere, and opening those of files would forget the position.
std::optional<int> descriptor_at(const fs::path& path) {
  std::error_code failure;
  const fs::path descriptors = fs::canonical("/proc/self/fd", failure);
  if (failure || fs::weakly_canonical(directory_of(path), failure) != descriptors) return {};
  const std::string name = path.filename().string();
  int number = 0;
  const auto [rest, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || rest != name.data() + name.size()) return {};
  return number;
}

bool is_regular(const fs::path& path) {
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  return !fs::exists(status) || fs::is_regular_file(status);
}

fs::path without_dots(const std::string& path) {
  std::error_code failure;
  const fs::path directory = fs::weakly_canonical(directory_of(path), failure);
  return failure ? fs::path(path) : directory / fs::path(path).filename();
}

}  // namespace

Result<OutputTarget> find_output_target(const std::string& path) {
  if (path.empty()) return file_error("cannot write", "a file without a name", ENOENT);
  fs::path target = path;
  std::error_code ignored;
  for (int links = 0; links < kMostLinks; links++) {
    if (const auto descriptor = descriptor_at(target)) {
      return OutputTarget{target.string(), descriptor, false};
    }
    if (!fs::is_symlink(target, ignored)) {
      return OutputTarget{target.string(), std::nullopt, is_regular(target)};
    }
    target = directory_of(target) / fs::read_symlink(target, ignored);
  }
  return file_error("cannot write", path, ELOOP);
}

bool is_same_file(const OutputTarget& one, const OutputTarget& other) {
  if (one.descriptor && one.descriptor == other.descriptor) return true;
  std::error_code ignored;
  if (fs::is_character_file(one.path, ignored)) return false;
  return without_dots(one.path) == without_dots(other.path) ||
         fs::equivalent(one.path, other.path, ignored);
}

}  // namespace gsttorch
