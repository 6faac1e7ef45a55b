// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/scenes/split/clip_files.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "lib/base/format.h"
#include "lib/formats/output_file.h"

namespace gsttorch {
namespace {

namespace fs = std::filesystem;

std::string prefix_of(const std::string& video) {
  return fs::path(video).stem().string() + "-shot-";
}

bool is_part(const std::string& name, const std::string& prefix) {
  if (!name.starts_with(prefix)) return false;
  const std::string rest = name.substr(prefix.size());
  const auto digits = rest.find('.');
  return digits != std::string::npos && digits > 0 &&
         std::all_of(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(digits),
                     [](unsigned char c) { return std::isdigit(c); }) &&
         (rest.substr(digits) == ".mp4" || rest.substr(digits) == ".mkv");
}

}  // namespace

ClipFiles::ClipFiles(const std::string& directory, const std::string& video,
                     const std::vector<std::size_t>& shots, const char* extension) {
  const std::string start = (fs::path(directory) / prefix_of(video)).string();
  for (const std::size_t shot : shots) {
    names_.push_back(start + format("%03zu", shot + 1) + extension);
  }
}

ClipFiles::~ClipFiles() {
  for (std::size_t i = 0; i <= names_.size(); i++) std::remove(unfinished(i).c_str());
}

std::string ClipFiles::unfinished(std::size_t index) const {
  return index < names_.size() ? names_[index] + ".part" : names_.back() + ".surplus.part";
}

Result<std::vector<std::string>> ClipFiles::keep() {
  for (std::size_t i = 0; i < names_.size(); i++) {
    if (std::rename(unfinished(i).c_str(), names_[i].c_str()) != 0) {
      return file_error("cannot create", names_[i], errno);
    }
  }
  return names_;
}

std::string find_part(const std::string& directory, const std::string& video) {
  const std::string prefix = prefix_of(video);
  std::vector<std::string> found;
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(directory, failure)) {
    if (is_part(entry.path().filename().string(), prefix)) found.push_back(entry.path().string());
  }
  return found.empty() ? "" : *std::min_element(found.begin(), found.end());
}

}  // namespace gsttorch
