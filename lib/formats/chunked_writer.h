// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "lib/formats/output_file.h"

namespace gsttorch {

/// Writes a known number of bytes, that come in whatever parts, in equal pieces of one to two MiB
/// (one piece where there is less in all): few system calls, none of them small. A large part goes
/// to the file as it is, without a copy. Thread-bound.
class ChunkedWriter {
 public:
  /// The file outlives this object.
  ChunkedWriter(OutputFile& file, std::uint64_t total_bytes);

  Result<void> append(const void* data, std::size_t size);
  Result<void> finish();  ///< writes what is left

 private:
  OutputFile& file_;
  const std::size_t capacity_;
  const std::unique_ptr<char[]> piece_;
  std::size_t used_ = 0;
};

}  // namespace gsttorch
