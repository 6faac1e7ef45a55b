// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "lib/base/result.h"

namespace gsttorch {

/// A file that is being written. Every failure is an Error that names the file, ErrorCode::DiskFull
/// where that is why. Closed when it goes out of scope; only `close` tells whether that worked.
class OutputFile {
 public:
  /// Creates the file, or empties the one that is there.
  static Result<OutputFile> create(const std::string& path);

  /// Creates the file, or continues after the first `kept_bytes` of the one that is there; what
  /// follows them is cut off.
  static Result<OutputFile> append(const std::string& path, std::uint64_t kept_bytes);

  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&& other) noexcept;
  ~OutputFile();

  const std::string& path() const { return path_; }
  std::uint64_t bytes_written() const { return written_; }  ///< by this object

  /// All of it, or an Error; what a failed call left in the file is cut off again.
  Result<void> write(const void* data, std::size_t size);
  Result<void> close();

 private:
  OutputFile(std::string path, int fd, std::uint64_t start)
      : path_(std::move(path)), fd_(fd), start_(start) {}

  std::string path_;
  int fd_ = -1;
  std::uint64_t start_ = 0;  // where the first write went
  std::uint64_t written_ = 0;
};

/// Has `write` fill PATH.part, and gives it its name once it is whole. A failure leaves what was
/// there before, and no part.
Result<void> write_whole_file(const std::string& path,
                              const std::function<Result<void>(OutputFile&)>& write);

/// An Error for the errno of a failed operation on `path`: "cannot write PATH: No space left".
Error file_error(const char* what, const std::string& path, int error_number);

}  // namespace gsttorch
