// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "lib/core/result.h"

namespace gsttorch {

/// A file that is being written. Every failure is an Error that names the file, ErrorCode::DiskFull
/// where that is why. Closed when it goes out of scope; only `close` tells whether that worked.
class OutputFile {
 public:
  enum class Lock { None, Exclusive };

  /// Creates the file, or empties the one that is there. With Lock::Exclusive it is left alone, and
  /// this fails, while another object or process that asked for the same still has it.
  static Result<OutputFile> create(const std::string& path, Lock lock = Lock::None);

  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&& other) noexcept;
  ~OutputFile();

  const std::string& path() const { return path_; }
  std::uint64_t bytes_written() const { return written_; }

  /// All of it, or an Error; what a failed call left in the file is cut off again.
  Result<void> write(const void* data, std::size_t size);
  Result<void> close();

 private:
  OutputFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  std::string path_;
  int fd_ = -1;
  std::uint64_t written_ = 0;
};

/// An Error for the errno of a failed operation on `path`: "cannot write PATH: No space left".
Error file_error(const char* what, const std::string& path, int error_number);

}  // namespace gsttorch
