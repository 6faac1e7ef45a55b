// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>

namespace gsttorch {

/// Distance of two tiles' transformed inputs: not a multiple of a page, so that tiles do not
/// compete for the same lines of the first-level cache.
constexpr std::int64_t tile_stride(std::int64_t lanes, std::int64_t channels) {
  return (channels + lanes - 1) / lanes * lanes + 16;
}

}  // namespace gsttorch
