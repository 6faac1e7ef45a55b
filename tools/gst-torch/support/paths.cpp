// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/support/paths.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

#include "lib/formats/output_file.h"
#include "lib/formats/output_target.h"

namespace gsttorch {
namespace {

namespace fs = std::filesystem;

Error read_error(const std::string& path, int code) {
  return Error{ErrorCode::NotFound, "cannot read " + path + ": " + std::strerror(code)};
}

Error unusable(const std::string& path, const std::string& reason) {
  return Error{ErrorCode::NotFound, "cannot read " + path + ": " + reason};
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

struct Output {
  std::string option;
  std::string path;  // as the option names it
  OutputTarget target;
};

Result<void> check_directory_of(const std::string& path) {
  const fs::path directory = fs::path(path).parent_path();
  auto written = try_new_file(directory.empty() ? fs::path(".") : directory);
  if (written) return {};
  return Error{written.error().code, "cannot write " + path + ": " + written.error().message};
}

// Opening a pipe would wait for its reader.
Result<void> check_special_file(const Output& output) {
  const auto& descriptor = output.target.descriptor;
  const bool can_write = descriptor ? (fcntl(*descriptor, F_GETFL) & O_ACCMODE) != O_RDONLY
                                    : access(output.target.path.c_str(), W_OK) == 0;
  return can_write ? Result<void>() : file_error("cannot write", output.path, errno);
}

Result<void> check_output_file(const Output& output) {
  std::error_code ignored;
  const std::string& path = output.target.path;
  if (fs::is_directory(path, ignored)) {
    return Error{ErrorCode::BadArgument, "cannot write " + output.path + ": it is a directory"};
  }
  if (!output.target.is_regular) return check_special_file(output);
  if (fs::exists(path, ignored)) {
    const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (file < 0) return file_error("cannot write", output.path, errno);
    close(file);
  }
  return check_directory_of(path);
}

Result<void> check_not_input(const Output& output, const std::vector<std::string>& inputs) {
  std::error_code ignored;
  for (const std::string& input : inputs) {
    if (output.path != input && !fs::equivalent(output.target.path, input, ignored)) continue;
    return Error{ErrorCode::BadArgument, output.path + " is an input: choose another output file"};
  }
  return {};
}

Result<void> check_not_among(const Output& output, const std::vector<Output>& others) {
  for (const Output& other : others) {
    if (!is_same_file(output.target, other.target)) continue;
    return Error{ErrorCode::BadArgument,
                 other.option + " and " + output.option + " name the same file: " + output.path};
  }
  return {};
}

}  // namespace

Result<void> check_input_file(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) {
    if (path == "-") return unusable(path, "the standard input is not supported, only files");
    return read_error(path, error ? error.value() : ENOENT);
  }
  if (fs::is_directory(status)) return unusable(path, "it is a directory");
  if (!fs::is_regular_file(status)) {
    return unusable(path, "it is a pipe or device, not a regular file");
  }
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return read_error(path, errno);
  close(file);
  return {};
}

std::string output_path(const std::string& name) { return name == "-" ? "/dev/stdout" : name; }

Result<void> check_output_files(const std::vector<OutputOption>& outputs,
                                const std::vector<std::string>& inputs) {
  std::vector<Output> checked;
  for (const OutputOption& option : outputs) {
    if (!option.path) continue;
    auto target = find_output_target(output_path(*option.path));
    if (!target) return target.error();
    const Output output{option.name, *option.path, std::move(*target)};
    if (auto writable = check_output_file(output); !writable) return writable;
    if (auto other = check_not_input(output, inputs); !other) return other;
    if (auto other = check_not_among(output, checked); !other) return other;
    checked.push_back(output);
  }
  return {};
}

std::FILE* summary_stream(const std::vector<OutputOption>& outputs) {
  for (const OutputOption& option : outputs) {
    if (!option.path) continue;
    const auto target = find_output_target(output_path(*option.path));
    if (target && target->is_standard_output()) return stderr;
  }
  return stdout;
}

Result<void> check_output_directory(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return file_error("cannot create the directory", path, error.value());
  return try_new_file(path);
}

}  // namespace gsttorch
