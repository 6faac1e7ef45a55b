// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace gsttorch {

/// A file, pipe or device open for writing. /dev/stdout and /dev/fd/N stand for a descriptor of
/// this process, which continues where it is. Every Error names the file; its code is
/// ErrorCode::DiskFull if the disk is full. The destructor closes the file, but only `close`
/// reports whether that worked.
class OutputFile {
 public:
  /// Creates the file, or truncates an existing one.
  static Result<OutputFile> create(const std::string& path);

  /// Creates the file, or truncates an existing one to its first `kept_bytes` and appends. Pipes,
  /// devices and descriptors are never truncated.
  static Result<OutputFile> append(const std::string& path, std::uint64_t kept_bytes);

  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&& other) noexcept;
  ~OutputFile();

  const std::string& path() const { return path_; }
  std::uint64_t bytes_written() const { return written_; }  ///< bytes written by this object

  /// Writes all bytes or returns an Error; on failure it truncates the file to its previous length.
  Result<void> write(const void* data, std::size_t size);
  Result<void> close();

 private:
  OutputFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  std::string path_;
  int fd_ = -1;
  bool is_regular_ = false;  // it has an end, which can be moved
  std::uint64_t start_ = 0;  // offset of the first write
  std::uint64_t written_ = 0;
};

/// Calls `write` with PATH.part and renames that file once it is complete. On failure, removes the
/// .part file and leaves an existing file at `path` as it was. If `path` is a symbolic link, this
/// applies to its target. A pipe, device or descriptor is written to directly.
Result<void> write_whole_file(const std::string& path,
                              const std::function<Result<void>(OutputFile&)>& write);
Result<void> write_whole_file(const std::string& path, std::string_view contents);

/// Returns an Error for the errno of a failed operation on `path`: "cannot write PATH: No space
/// left".
Error file_error(const char* what, const std::string& path, int error_number);

}  // namespace gsttorch
