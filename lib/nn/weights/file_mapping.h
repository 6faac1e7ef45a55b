// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace gsttorch {

/// A whole file, mapped for reading until the last owner lets go. Immutable, thus thread-safe.
/// Only regular files are mapped. Whoever replaces such a file must do so by renaming another one
/// over it: a file that is cut short in place takes its mapped pages away.
class FileMapping {
 public:
  /// NotFound: it is not there or may not be read; Corrupt: not a regular file, or an empty one.
  static Result<std::shared_ptr<const FileMapping>> open(const std::string& path);

  FileMapping(const char* data, std::size_t size) : data_(data), size_(size) {}
  ~FileMapping();
  FileMapping(const FileMapping&) = delete;
  FileMapping& operator=(const FileMapping&) = delete;

  std::string_view bytes() const { return {data_, size_}; }

 private:
  const char* data_;
  std::size_t size_;
};

}  // namespace gsttorch
