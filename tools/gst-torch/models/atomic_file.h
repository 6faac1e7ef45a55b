// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "tools/gst-torch/support/sha256.h"

namespace gsttorch {

/// A file on its way: written beside its place as NAME.part, and put there in one step when it is
/// whole and right. Whatever happens before, NAME itself is as it was. Only one process at a time
/// has the part file; another one fails at once instead of waiting.
class AtomicFile {
 public:
  /// Makes the directory, too. No more than `limit` bytes are ever written.
  static Result<std::unique_ptr<AtomicFile>> create(const std::filesystem::path& path,
                                                    std::uint64_t limit);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  const std::filesystem::path& path() const { return path_; }  ///< of the file it becomes
  std::uint64_t limit() const { return limit_; }
  std::uint64_t size() const { return size_; }

  Result<void> restart();  ///< from nothing
  Result<void> write(std::string_view bytes);
  std::string sha256();  ///< of all that was written; nothing can be written after it

  /// Makes it durable and gives it its name.
  Result<void> commit();

 private:
  AtomicFile(std::filesystem::path path, std::uint64_t limit);
  Result<void> open();

  const std::filesystem::path path_;
  const std::filesystem::path part_path_;
  const std::uint64_t limit_;
  int fd_ = -1;
  std::uint64_t size_ = 0;
  Sha256 hash_;
};

}  // namespace gsttorch
