// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/support/paths.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

#include "lib/formats/output_file.h"

namespace gsttorch {
namespace {

namespace fs = std::filesystem;

Error read_error(const std::string& path, int code) {
  return Error{ErrorCode::NotFound, "cannot read " + path + ": " + std::strerror(code)};
}

// Trying is the only sure test: permissions say nothing about a read-only file system or to root.
Result<void> try_new_file(const fs::path& directory) {
  std::string name = (directory / ".gst-torch-XXXXXX").string();
  const int file = mkstemp(name.data());
  if (file < 0) return file_error("cannot write in", directory.string(), errno);
  close(file);
  unlink(name.c_str());
  return {};
}

}  // namespace

Result<void> check_input_file(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) {
    return read_error(path, error ? error.value() : ENOENT);
  }
  if (!fs::is_regular_file(status)) {
    return Error{ErrorCode::NotFound, "cannot read " + path + ": not a regular file"};
  }
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return read_error(path, errno);
  close(file);
  return {};
}

Result<void> check_output_file(const std::string& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    return Error{ErrorCode::BadArgument, "cannot write " + path + ": it is a directory"};
  }
  if (fs::exists(path, ignored)) {
    const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (file < 0) return file_error("cannot write", path, errno);
    close(file);
    return {};
  }
  const fs::path directory = fs::path(path).parent_path();
  auto written = try_new_file(directory.empty() ? fs::path(".") : directory);
  if (!written) {
    return Error{written.error().code, "cannot write " + path + ": " + written.error().message};
  }
  return {};
}

Result<void> check_output_directory(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return file_error("cannot create the directory", path, error.value());
  return try_new_file(path);
}

Result<void> check_not_input(const std::string& output, const std::string& input) {
  std::error_code ignored;
  if (output != input && !fs::equivalent(output, input, ignored)) return {};
  return Error{ErrorCode::BadArgument, output + " is an input: choose another output file"};
}

}  // namespace gsttorch
