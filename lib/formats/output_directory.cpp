// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/formats/output_directory.h"

#include <cstdio>
#include <filesystem>

#include "lib/formats/output_file.h"

namespace gsttorch {

Result<void> make_directory(const std::string& path) {
  std::error_code failure;
  std::filesystem::create_directories(path, failure);
  if (!failure && !std::filesystem::is_directory(path)) {
    failure = std::make_error_code(std::errc::not_a_directory);
  }
  if (!failure) return {};
  return Error{ErrorCode::NotWritable,
               "cannot create directory " + path + ": " + failure.message()};
}

Result<void> make_writable_directory(const std::string& path) {
  if (auto made = make_directory(path); !made) return made;
  auto file = OutputFile::create(path + "/.write-test");
  if (!file) return file.error();
  Result<void> done = file->write("test\n", 5);
  if (done) done = file->close();
  std::remove(file->path().c_str());
  return done;
}

}  // namespace gsttorch
