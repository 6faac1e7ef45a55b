// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/analysiswriter/frame_records.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "lib/gst/gsttorchscenemeta.h"
#include "lib/gst/util/enum_nick.h"

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

SceneBoundary scene_boundary(const GstTorchScene& scene) {
  SceneBoundary boundary;
  boundary.kind = enum_nick(GST_TYPE_TORCH_SCENE_BOUNDARY, scene.boundary);
  boundary.start_frame = scene.start_frame;
  boundary.middle_frame = scene.middle_frame;
  boundary.end_frame = scene.end_frame;
  boundary.start_pts = known_time(scene.start_pts);
  boundary.middle_pts = known_time(scene.middle_pts);
  boundary.end_pts = known_time(scene.end_pts);
  boundary.confidence = scene.confidence;
  return boundary;
}

SceneRecord record_of(const GstTorchScene& scene) {
  SceneRecord record;
  record.source = text(scene.source);
  record.model = text(scene.model);
  record.frame = scene.frame;
  record.shot = scene.shot;
  record.score = scene.score;
  record.threshold = scene.threshold;
  record.distance = scene.distance;
  record.mean_luma = scene.mean_luma;
  record.skipped = text(scene.skipped);
  return record;
}

}  // namespace

std::optional<std::uint64_t> known_time(GstClockTime t) {
  return GST_CLOCK_TIME_IS_VALID(t) ? std::optional<std::uint64_t>(t) : std::nullopt;
}

FlowRecord flow_record(const GstTorchFlow& flow) {
  FlowRecord record;
  record.source = text(flow.source);
  record.model = text(flow.model);
  record.direction = direction_nick(flow.direction);
  record.reference_pts = known_time(flow.reference_pts);
  if (GST_CLOCK_STIME_IS_VALID(flow.dt)) record.dt = flow.dt;
  record.iterations = flow.iterations;
  record.mean_magnitude = flow.mean_magnitude;
  record.max_magnitude = flow.max_magnitude;
  if (std::isfinite(flow.mean_x) && std::isfinite(flow.mean_y)) {
    record.mean_x = flow.mean_x;
    record.mean_y = flow.mean_y;
  }
  record.skipped = text(flow.skipped);
  return record;
}

std::optional<SceneRecord> scene_record(GstBuffer* buffer) {
  std::optional<SceneRecord> record;
  gpointer state = nullptr;
  while (GstCustomMeta* meta = gst_buffer_iterate_torch_scene_meta(buffer, &state)) {
    GstTorchScene scene;
    if (!gst_torch_scene_meta_read(meta, &scene)) continue;
    if (!record) record = record_of(scene);
    const bool is_of_first = record->source == text(scene.source);
    if (is_of_first && scene.boundary) record->boundaries.push_back(scene_boundary(scene));
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

std::optional<ReferenceTimestamp> reference_timestamp(GstBuffer* buffer) {
  const auto* meta = gst_buffer_get_reference_timestamp_meta(buffer, nullptr);
  if (!meta || gst_caps_get_size(meta->reference) == 0) return std::nullopt;
  const GstStructure* s = gst_caps_get_structure(meta->reference, 0);
  return ReferenceTimestamp{gst_structure_get_name(s), meta->timestamp};
}

}  // namespace gsttorch
