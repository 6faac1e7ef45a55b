// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <map>
#include <string_view>

namespace gsttorch {

/// Where the records of an uncompressed zip archive lie, as torch.save writes it: views of the
/// bytes it was made from. Compressed or encrypted records are refused rather than unpacked, so
/// that an archive is never larger in memory than on disk. Checksums are left alone: checking
/// them would read every page of a file that is mapped so as not to be read.
class ZipIndex {
 public:
  /// Throws Failure.
  explicit ZipIndex(std::string_view archive);

  const std::map<std::string_view, std::string_view>& records() const { return records_; }

  /// The bytes of a record; throws Failure if no record has that name.
  std::string_view record(std::string_view name) const;

 private:
  std::map<std::string_view, std::string_view> records_;
};

}  // namespace gsttorch
