// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <optional>

#include <gst/gst.h>

namespace gsttorch {

/// A time as code without GStreamer takes it: GST_CLOCK_TIME_NONE becomes an empty optional.
inline std::optional<std::uint64_t> known_time(GstClockTime time) {
  if (!GST_CLOCK_TIME_IS_VALID(time)) return std::nullopt;
  return time;
}

}  // namespace gsttorch
