// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/results/records.h"

#include <nlohmann/json.hpp>

namespace gsttorch {
namespace {

using Json = nlohmann::ordered_json;  // keeps fields in the documented order

void put(Json& object, const char* field, const std::string& text) {
  if (!text.empty()) object[field] = text;
}

template <typename T>
void put(Json& object, const char* field, const std::optional<T>& number) {
  if (number) object[field] = *number;
}

Json to_json(const FlowRecord& flow) {
  Json object = Json::object();
  put(object, "source", flow.source);
  put(object, "model", flow.model);
  put(object, "direction", flow.direction);
  put(object, "reference_pts", flow.reference_pts);
  put(object, "dt", flow.dt);
  if (flow.skipped.empty()) {
    object["iterations"] = flow.iterations;
    object["mean_magnitude"] = flow.mean_magnitude;
    object["max_magnitude"] = flow.max_magnitude;
    put(object, "mean_x", flow.mean_x);
    put(object, "mean_y", flow.mean_y);
    if (flow.is_flat) object["flat"] = true;
  }
  put(object, "skipped", flow.skipped);
  put(object, "dropped", flow.dropped);
  put(object, "file", flow.file);
  put(object, "backward_file", flow.backward_file);
  put(object, "confidence_file", flow.confidence_file);
  return object;
}

Json to_json(const Boundary& boundary) {
  Json object = {{"kind", to_string(boundary.kind)},
                 {"start_frame", boundary.start.number},
                 {"middle_frame", boundary.middle.number},
                 {"end_frame", boundary.end.number}};
  put(object, "start_pts", boundary.start.pts);
  put(object, "middle_pts", boundary.middle.pts);
  put(object, "end_pts", boundary.end.pts);
  object["confidence"] = boundary.confidence;
  return object;
}

Json to_json(const ShotRecord& shot) {
  Json object = Json::object();
  put(object, "source", shot.source);
  put(object, "model", shot.model);
  object["frame"] = shot.frame;
  object["shot"] = shot.shot;
  if (shot.skipped.empty()) {
    object["score"] = shot.score;
    object["threshold"] = shot.threshold;
    object["distance"] = shot.distance;
    object["mean_luma"] = shot.mean_luma;
  }
  put(object, "skipped", shot.skipped);
  for (const Boundary& boundary : shot.boundaries) {
    object["boundaries"].push_back(to_json(boundary));
  }
  return object;
}

void put_geometry(Json& object, const MatchRecord& match) {
  if (match.geometry.empty()) return;
  object["geometry"] = match.geometry;
  object["inliers"] = match.inliers;
  object["residual"] = match.residual;
  put(object, "verdict", match.verdict);
  put(object, "matrix", match.matrix);
}

Json to_json(const MatchRecord& match) {
  Json object = Json::object();
  put(object, "source", match.source);
  put(object, "model", match.model);
  put(object, "reference_pts", match.reference_pts);
  put(object, "dt", match.dt);
  put(object, "reference", match.reference);
  if (match.skipped.empty()) {
    object["count"] = match.count;
    object["mean_confidence"] = match.mean_confidence;
    put_geometry(object, match);
  }
  put(object, "skipped", match.skipped);
  put(object, "dropped", match.dropped);
  put(object, "file", match.file);
  return object;
}

// Returns an unsigned number from an object, if present.
std::optional<std::uint64_t> number(const Json& object, const char* field) {
  const auto found = object.find(field);
  if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
  return found->get<std::uint64_t>();
}

std::optional<std::int64_t> time(const Json& object, const char* field) {
  const auto found = number(object, field);
  return found ? std::optional(static_cast<std::int64_t>(*found)) : std::nullopt;
}

// `offset`: from the stream's numbers of frames to those of the records.
Boundary read_boundary(const Json& object, std::uint64_t offset) {
  Boundary boundary;
  if (!object.is_object()) return boundary;
  const auto kind = object.find("kind"), confidence = object.find("confidence");
  if (kind != object.end() && kind->is_string()) {
    const auto known = parse_transition_kind(kind->get_ref<const std::string&>());
    boundary.kind = known.value_or(TransitionKind::Cut);
  }
  boundary.start = {number(object, "start_frame").value_or(0) + offset, time(object, "start_pts")};
  boundary.middle = {number(object, "middle_frame").value_or(0) + offset,
                     time(object, "middle_pts")};
  boundary.end = {number(object, "end_frame").value_or(0) + offset, time(object, "end_pts")};
  if (confidence != object.end() && confidence->is_number()) boundary.confidence = *confidence;
  return boundary;
}

}  // namespace

std::string to_json_line(const FrameRecord& record) {
  Json line = Json::object();
  line["frame"] = record.frame;
  line["session"] = record.session;
  put(line, "pts", record.pts);
  put(line, "stream_time", record.stream_time);
  put(line, "duration", record.duration);
  if (record.reference_timestamp) {
    line["reference_timestamp"] = {{"caps", record.reference_timestamp->caps},
                                   {"timestamp", record.reference_timestamp->timestamp}};
  }
  for (const FlowRecord& flow : record.flow) line["flow"].push_back(to_json(flow));
  if (record.shot) line["shot"] = to_json(*record.shot);
  for (const MatchRecord& match : record.matches) line["matches"].push_back(to_json(match));
  return line.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::optional<ShotLine> shot_line(const std::string& line) {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto shot = json.find("shot");
  const auto frame = number(json, "frame");
  if (!frame || shot == json.end() || !shot->is_object()) return std::nullopt;
  ShotLine result{
      number(json, "session").value_or(0),
      {*frame, number(json, "pts"), number(json, "duration"), number(json, "stream_time")},
      {}};
  const std::uint64_t offset = *frame - number(*shot, "frame").value_or(*frame);
  const auto boundaries = shot->find("boundaries");
  if (boundaries == shot->end() || !boundaries->is_array()) return result;
  for (const Json& boundary : *boundaries) {
    result.boundaries.push_back(read_boundary(boundary, offset));
  }
  return result;
}

std::optional<RecordKey> record_key(const std::string& line) {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto frame = number(json, "frame");
  if (!frame) return std::nullopt;
  return RecordKey{*frame, number(json, "pts"), number(json, "session").value_or(0)};
}

}  // namespace gsttorch
