// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/analysiswriter/frame_records.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "lib/gst/gsttorchshotmeta.h"
#include "lib/gst/util/enum_nick.h"
#include "lib/gst/util/known_time.h"

namespace gsttorch {
namespace {

std::string text(const gchar* nullable) { return nullable ? nullable : ""; }

std::string direction_nick(GstTorchFlowDirection direction) {
  switch (direction) {
    case GST_TORCH_FLOW_FORWARD:
      return "forward";
    case GST_TORCH_FLOW_BACKWARD:
      return "backward";
    case GST_TORCH_FLOW_BOTH:
      return "both";
  }
  return {};
}

Boundary recorded_boundary(const GstTorchShot& shot) {
  const auto kind = parse_transition_kind(enum_nick(GST_TYPE_TORCH_SHOT_BOUNDARY, shot.boundary));
  return {kind.value_or(TransitionKind::Cut),
          {shot.start_frame, known_time(shot.start_pts)},
          {shot.middle_frame, known_time(shot.middle_pts)},
          {shot.end_frame, known_time(shot.end_pts)},
          shot.confidence};
}

ShotRecord record_of(const GstTorchShot& shot) {
  ShotRecord record;
  record.source = text(shot.source);
  record.model = text(shot.model);
  record.frame = shot.frame;
  record.shot = shot.shot;
  record.score = shot.score;
  record.threshold = shot.threshold;
  record.distance = shot.distance;
  record.mean_luma = shot.mean_luma;
  record.skipped = text(shot.skipped);
  return record;
}

}  // namespace

FlowRecord flow_record(const GstTorchFlow& flow) {
  FlowRecord record;
  record.source = text(flow.source);
  record.model = text(flow.model);
  record.direction = direction_nick(flow.direction);
  record.reference_pts = known_time(flow.reference_pts);
  if (GST_CLOCK_STIME_IS_VALID(flow.dt)) record.dt = flow.dt;
  record.iterations = flow.iterations;
  record.is_flat = flow.flat;
  record.mean_magnitude = flow.mean_magnitude;
  record.max_magnitude = flow.max_magnitude;
  if (std::isfinite(flow.mean_x) && std::isfinite(flow.mean_y)) {
    record.mean_x = flow.mean_x;
    record.mean_y = flow.mean_y;
  }
  record.skipped = text(flow.skipped);
  return record;
}

std::optional<ShotRecord> shot_record(GstBuffer* buffer) {
  std::optional<ShotRecord> record;
  gpointer state = nullptr;
  while (GstCustomMeta* meta = gst_buffer_iterate_torch_shot_meta(buffer, &state)) {
    GstTorchShot shot;
    if (!gst_torch_shot_meta_read(meta, &shot)) continue;
    if (!record) record = record_of(shot);
    const bool is_of_first = record->source == text(shot.source);
    if (is_of_first && shot.boundary) record->boundaries.push_back(recorded_boundary(shot));
  }
  return record;
}

MatchRecord match_record(const GstTorchMatch& match) {
  MatchRecord record;
  record.source = text(match.source);
  record.model = text(match.model);
  record.reference_pts = known_time(match.reference_pts);
  if (GST_CLOCK_STIME_IS_VALID(match.dt)) record.dt = match.dt;
  record.reference = text(match.reference);
  record.count = match.count;
  record.mean_confidence = match.mean_confidence;
  record.geometry = text(match.geometry);
  record.inliers = match.inliers;
  record.residual = match.residual;
  record.verdict = text(match.verdict);
  if (match.has_matrix) {
    record.matrix.emplace();
    std::copy_n(match.matrix, record.matrix->size(), record.matrix->begin());
  }
  record.skipped = text(match.skipped);
  return record;
}

std::optional<std::uint64_t> stream_time(GstBuffer* buffer, const GstSegment& segment) {
  if (segment.format != GST_FORMAT_TIME) return std::nullopt;
  return known_time(gst_segment_to_stream_time(&segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer)));
}

std::optional<ReferenceTimestamp> reference_timestamp(GstBuffer* buffer) {
  const auto* meta = gst_buffer_get_reference_timestamp_meta(buffer, nullptr);
  if (!meta || gst_caps_get_size(meta->reference) == 0) return std::nullopt;
  const GstStructure* s = gst_caps_get_structure(meta->reference, 0);
  return ReferenceTimestamp{gst_structure_get_name(s), meta->timestamp};
}

}  // namespace gsttorch
