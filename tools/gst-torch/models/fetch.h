// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <functional>
#include <string>

#include "lib/base/result.h"
#include "tools/gst-torch/models/atomic_file.h"

namespace gsttorch {

struct FetchOptions {
  int stall_timeout_s = 30;  ///< give a transfer up when nothing comes for so long
  int attempts = 3;          ///< how often to try what may pass: a stall, a broken connection, 5xx
  /// Told now and then how many bytes are there; may be empty.
  std::function<void(std::uint64_t bytes)> progress;
};

/// Fills `file` from an http or https address. Redirects are followed, but never from https to
/// anything else. The error says why, without the address.
Result<void> fetch_url(const std::string& url, const FetchOptions& options, AtomicFile& file);

}  // namespace gsttorch
