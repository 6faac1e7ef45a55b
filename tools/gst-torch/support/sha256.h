// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include <glib.h>

#include "lib/base/result.h"

namespace gsttorch {

/// SHA-256 of bytes as they pass by.
class Sha256 {
 public:
  Sha256() : checksum_(g_checksum_new(G_CHECKSUM_SHA256)) {}
  void add(std::string_view bytes);
  void reset() { g_checksum_reset(checksum_.get()); }
  std::string hex();  ///< 64 digits; no bytes can be added after it

 private:
  struct Free {
    void operator()(GChecksum* checksum) const { g_checksum_free(checksum); }
  };
  std::unique_ptr<GChecksum, Free> checksum_;
};

Result<std::string> sha256_of_file(const std::filesystem::path& path);

}  // namespace gsttorch
