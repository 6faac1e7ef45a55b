// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <optional>

#include <gst/gst.h>

#include "lib/gst/util/ref.h"

namespace gsttorch {

struct UpstreamLatency {
  bool is_live = false;
  GstClockTime min = 0;
};

/// Asks the element before a sink pad. Nothing where it does not answer.
inline std::optional<UpstreamLatency> query_upstream_latency(GstPad* sink) {
  const auto query = Ref<GstQuery>::adopt(gst_query_new_latency());
  if (!gst_pad_peer_query(sink, query.get())) return std::nullopt;
  gboolean live = FALSE;
  GstClockTime min = 0;
  gst_query_parse_latency(query.get(), &live, &min, nullptr);
  return UpstreamLatency{live != FALSE, min};
}

}  // namespace gsttorch
