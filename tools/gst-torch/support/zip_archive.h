// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "lib/base/result.h"

struct archive;

namespace gsttorch {

/// The members of a zip file, one after the other; libarchive verifies their checksums. The
/// messages of its Errors do not name the file. Thread-bound.
class ZipArchive {
 public:
  static Result<ZipArchive> open(const std::string& path);

  /// Advances to the next member and returns its name; nothing after the last one.
  Result<std::optional<std::string>> next();

  /// Reads on in the member; 0 bytes at its end.
  Result<std::size_t> read(std::span<char> buffer);

 private:
  struct Free {
    void operator()(struct archive* archive) const;
  };
  explicit ZipArchive(struct archive* archive) : archive_(archive) {}
  Error error() const;

  std::unique_ptr<struct archive, Free> archive_;
};

}  // namespace gsttorch
