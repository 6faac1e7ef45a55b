// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "lib/formats/output_file.h"

namespace gsttorch {

/// Writes a known number of bytes, which the caller appends in parts of any size, in equal chunks
/// of one to two MiB (one chunk if the total is smaller): few system calls, none of them small. A
/// large part is written to the file directly, without a copy. Thread-bound.
class ChunkedWriter {
 public:
  /// The file must outlive this object.
  ChunkedWriter(OutputFile& file, std::uint64_t total_bytes);

  Result<void> append(const void* data, std::size_t size);
  Result<void> finish();  ///< writes the remaining bytes

 private:
  OutputFile& file_;
  const std::size_t capacity_;
  const std::unique_ptr<char[]> piece_;
  std::size_t used_ = 0;
};

}  // namespace gsttorch
