// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/support/zip_archive.h"

#include <archive.h>
#include <archive_entry.h>

namespace gsttorch {
namespace {

constexpr std::size_t kBlockBytes = 1 << 16;

}  // namespace

void ZipArchive::Free::operator()(struct archive* archive) const { archive_read_free(archive); }

Error ZipArchive::error() const {
  const char* text = archive_error_string(archive_.get());
  return {ErrorCode::Corrupt, text ? text : "cannot be read"};
}

Result<ZipArchive> ZipArchive::open(const std::string& path) {
  ZipArchive zip(archive_read_new());
  archive_read_support_format_zip(zip.archive_.get());
  if (archive_read_open_filename(zip.archive_.get(), path.c_str(), kBlockBytes) != ARCHIVE_OK) {
    return zip.error();
  }
  return zip;
}

Result<std::optional<std::string>> ZipArchive::next() {
  struct archive_entry* entry = nullptr;
  const int status = archive_read_next_header(archive_.get(), &entry);
  if (status == ARCHIVE_EOF) return std::optional<std::string>();
  if (status != ARCHIVE_OK) return error();
  const char* name = archive_entry_pathname(entry);
  return std::optional<std::string>(name ? name : "");
}

Result<std::size_t> ZipArchive::read(std::span<char> buffer) {
  const la_ssize_t got = archive_read_data(archive_.get(), buffer.data(), buffer.size());
  if (got < 0) return error();
  return static_cast<std::size_t>(got);
}

}  // namespace gsttorch
