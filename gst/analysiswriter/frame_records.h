// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <optional>

#include <gst/gst.h>

#include "lib/gst/gsttorchflowmeta.h"
#include "lib/gst/gsttorchmatchmeta.h"
#include "lib/results/records.h"

namespace gsttorch {

/// Statistics of the results on a buffer; the files of their arrays are added later.
FlowRecord flow_record(const GstTorchFlow& flow);
MatchRecord match_record(const GstTorchMatch& match);
/// Result of the first upstream scenedetect for the frame.
std::optional<ShotRecord> shot_record(GstBuffer* buffer);

/// Absent if the PTS is unknown or outside the segment.
std::optional<std::uint64_t> stream_time(GstBuffer* buffer, const GstSegment& segment);

std::optional<ReferenceTimestamp> reference_timestamp(GstBuffer* buffer);

}  // namespace gsttorch
