// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/core/records.h"

#include <nlohmann/json.hpp>

namespace gsttorch {
namespace {

using Json = nlohmann::ordered_json;  // fields in the order in which they are documented

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
  }
  put(object, "skipped", flow.skipped);
  put(object, "dropped", flow.dropped);
  put(object, "file", flow.file);
  put(object, "backward_file", flow.backward_file);
  put(object, "confidence_file", flow.confidence_file);
  return object;
}

}  // namespace

std::string to_json_line(const FrameRecord& record) {
  Json line = Json::object();
  line["frame"] = record.frame;
  put(line, "pts", record.pts);
  put(line, "duration", record.duration);
  if (record.reference_timestamp) {
    line["reference_timestamp"] = {{"caps", record.reference_timestamp->caps},
                                   {"timestamp", record.reference_timestamp->timestamp}};
  }
  for (const FlowRecord& flow : record.flow) line["flow"].push_back(to_json(flow));
  return line.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::optional<RecordKey> record_key(const std::string& line) {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto frame = json.find("frame"), pts = json.find("pts");
  if (frame == json.end() || !frame->is_number_unsigned()) return std::nullopt;
  RecordKey key{frame->get<std::uint64_t>(), std::nullopt};
  if (pts != json.end() && pts->is_number_unsigned()) key.pts = pts->get<std::uint64_t>();
  return key;
}

}  // namespace gsttorch
