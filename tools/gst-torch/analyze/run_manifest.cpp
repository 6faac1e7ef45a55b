// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/analyze/run_manifest.h"

#include <cmath>
#include <filesystem>
#include <set>

#include <sys/stat.h>

#include "config.h"
#include "lib/engine/torch_version.h"
#include "lib/formats/output_file.h"
#include "lib/gst/gsttorchruntime.h"
#include "lib/results/results_layout.h"
#include "tools/gst-torch/analyze/frame_delays.h"
#include "tools/gst-torch/report/report_data.h"
#include "tools/gst-torch/support/sha256.h"

namespace gsttorch {
namespace {

using Json = nlohmann::ordered_json;

std::string format_now() {
  g_autoptr(GDateTime) now = g_date_time_new_now_utc();
  g_autofree gchar* text = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S.%fZ");
  return text;
}

std::string gstreamer_version() {
  guint major = 0, minor = 0, micro = 0, nano = 0;
  gst_version(&major, &minor, &micro, &nano);
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(micro);
}

Json value_json(const GValue* value) {
  if (G_VALUE_HOLDS_BOOLEAN(value)) return g_value_get_boolean(value) == TRUE;
  if (G_VALUE_HOLDS_INT(value)) return g_value_get_int(value);
  if (G_VALUE_HOLDS_UINT(value)) return g_value_get_uint(value);
  if (G_VALUE_HOLDS_UINT64(value)) return g_value_get_uint64(value);
  if (G_VALUE_HOLDS_DOUBLE(value)) return g_value_get_double(value);
  if (G_VALUE_HOLDS_STRING(value)) {
    const gchar* text = g_value_get_string(value);
    return text ? Json(text) : Json(nullptr);
  }
  g_autofree gchar* text = gst_value_serialize(value);
  return text ? Json(text) : Json(nullptr);
}

void set_absolute_path(Json& input, const std::string& path) {
  std::error_code ignored;
  const std::string absolute = std::filesystem::absolute(path, ignored).string();
  input["absolute_path"] = absolute;
  if (g_utf8_validate(absolute.c_str(), -1, nullptr)) return;
  g_autofree gchar* uri = g_filename_to_uri(absolute.c_str(), nullptr, nullptr);
  if (uri) input["uri"] = uri;  // has all bytes of the name
}

/// What can be set on an element, as it is now: so the defaults that were in force are on record.
Json element_properties(GstElement* element) {
  guint count = 0;
  g_autofree GParamSpec** specs =
      g_object_class_list_properties(G_OBJECT_GET_CLASS(element), &count);
  Json properties = Json::object();
  for (guint i = 0; i < count; i++) {
    const bool settable = (specs[i]->flags & G_PARAM_READWRITE) == G_PARAM_READWRITE;
    if (!settable || g_type_is_a(G_PARAM_SPEC_VALUE_TYPE(specs[i]), G_TYPE_OBJECT)) continue;
    GValue value = G_VALUE_INIT;
    g_object_get_property(G_OBJECT(element), specs[i]->name, &value);
    properties[specs[i]->name] = value_json(&value);
    g_value_unset(&value);
  }
  return properties;
}

template <typename T>
void put(Json& object, const char* field, const std::optional<T>& value) {
  if (value) object[field] = *value;
}

// Since 1970, which std::filesystem's clock does not count from.
std::int64_t modified_ns(const std::string& path) {
  struct stat file {};
  if (stat(path.c_str(), &file) != 0) return 0;
  return std::int64_t{file.st_mtim.tv_sec} * 1'000'000'000 + file.st_mtim.tv_nsec;
}

/// How often this process read a model from its file, and had it already.
Json runtime_loads() {
  g_autoptr(GstTorchRuntime) runtime = gst_torch_runtime_get();
  GstStructure* stats = nullptr;
  g_object_get(runtime, "stats", &stats, nullptr);
  guint64 loads = 0, shared = 0;
  gst_structure_get(stats, "loads", G_TYPE_UINT64, &loads, "loads-shared", G_TYPE_UINT64, &shared,
                    nullptr);
  gst_structure_free(stats);
  return {{"loads", loads}, {"loads_shared", shared}};
}

/// Of the time after the frame before: less in an element more than usual explains nothing.
constexpr double kNotableShare = 0.1;

double milliseconds(double ms) { return std::round(1000 * ms) / 1000; }

Json slowest_frames(const RunOutcome& outcome, const std::string& directory) {
  std::set<std::uint64_t> pts;
  for (const FrameTime& frame : outcome.slowest) pts.insert(frame.pts);
  const auto delays = read_frame_delays(frame_times_path(directory), pts);
  Json frames = Json::array();
  for (const FrameTime& frame : outcome.slowest) {
    Json& entry = frames.emplace_back(Json{{"pts", frame.pts}, {"ms", milliseconds(frame.ms)}});
    const auto delay = delays.find(frame.pts);
    if (delay == delays.end() || delay->second.excess_ms() < kNotableShare * frame.ms) continue;
    entry["element"] = delay->second.element;
    entry["element_ms"] = delay->second.ms;
    entry["element_usual_ms"] = delay->second.usual_ms;
  }
  return frames;
}

Result<void> write_json(const std::string& path, const Json& json) {
  // File names need not be UTF-8: what is not is replaced.
  const std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  return write_whole_file(path, text);
}

const char* status_name(const RunOutcome& outcome) {
  if (outcome.error) return "failed";
  return outcome.signal != 0 ? "interrupted" : "complete";
}

}  // namespace

RunManifest::RunManifest(const std::string& directory) : path_(run_manifest_path(directory)) {
  json_["versions"] = {
      {PACKAGE, VERSION}, {"GStreamer", gstreamer_version()}, {"LibTorch", GSTTORCH_TORCH_VERSION}};
}

void RunManifest::set_command(const std::vector<std::string>& words) {
  json_["command"] = Json::array({"gst-torch"});
  for (const std::string& word : words) json_["command"].push_back(word);
}

void RunManifest::set_input(const std::string& path, const VideoFacts& facts) {
  std::error_code ignored;
  Json& input = json_["input"];
  input["path"] = path;
  set_absolute_path(input, path);
  input["bytes"] = std::filesystem::file_size(path, ignored);
  input["stream"] = facts.stream;
  input["width"] = facts.width;
  input["height"] = facts.height;
  if (facts.framerate_numerator > 0) {
    input["framerate"] = std::to_string(facts.framerate_numerator) + "/" +
                         std::to_string(facts.framerate_denominator);
  }
  if (facts.duration_ns > 0) input["duration"] = facts.duration_ns;
}

void RunManifest::set_model(const Stage& stage, const std::string& name, const std::string& file) {
  std::error_code ignored;
  const auto hash = sha256_of_file(file);
  json_["models"][stage.name] = {{"element", stage.element},
                                 {"name", name},
                                 {"file", file},
                                 {"bytes", std::filesystem::file_size(file, ignored)},
                                 {"sha256", hash ? *hash : ""}};
}

void RunManifest::set_identity(const AnalysisPlan& plan) {
  Json& identity = json_["identity"];
  identity["input_bytes"] = json_["input"]["bytes"];
  identity["input_modified"] = modified_ns(plan.video);
  for (const auto& [stage, model] : json_["models"].items()) {
    identity["models"][stage] = model["sha256"];
  }
  identity["stream"] = json_["input"]["stream"];
  put(identity, "device", plan.compute.device);
  put(identity, "precision", plan.compute.precision);
  put(identity, "quality", plan.compute.quality);
  for (const Stage* stage : plan.stages.stages()) {
    // The model counts by its hash, whatever name or path it came by.
    for (const auto target : {StageOption::Target::Model, StageOption::Target::Writer}) {
      for (const auto& [property, value] : plan.stages.properties(*stage, target)) {
        if (property != "model") identity["options"][stage->name][property] = value;
      }
    }
  }
  put(identity, "frames", plan.frames);
  put(identity, "overlay", plan.overlay);
}

void RunManifest::set_pipeline(const AnalysisPlan& plan, const Pipeline& pipeline) {
  json_["pipeline"] = join_words(analysis_pipeline(plan));
  json_["shell_command"] = shell_command(analysis_pipeline(plan));
  std::vector<const char*> factories{"analysiswriter", "analysisoverlay"};
  for (const Stage* stage : plan.stages.stages()) factories.push_back(stage->element);
  for (const char* factory : factories) {
    if (const auto element = pipeline.made_by(factory)) {
      json_["properties"][factory] = element_properties(element.get());
    }
  }
}

Result<void> RunManifest::write_started() {
  json_["started"] = format_now();
  json_["status"] = "running";
  return write();
}

Result<void> RunManifest::write_ended(const RunOutcome& outcome, std::uint64_t frames) {
  json_["ended"] = format_now();
  json_["status"] = status_name(outcome);
  if (outcome.error) json_["error"] = outcome.error->message;
  json_["frames"] = frames;
  if (outcome.frames > 1) json_["ms_per_frame"] = milliseconds(outcome.ms_per_frame());
  json_["seconds"] = std::round(1000 * outcome.seconds) / 1000;
  json_["slowest_frames"] =
      slowest_frames(outcome, std::filesystem::path(path_).parent_path().string());
  for (const ModelUse& used : outcome.models) {
    for (auto& [stage, model] : json_["models"].items()) {
      if (model["element"] != used.element) continue;
      model["architecture"] = used.architecture;
      model["device"] = used.device;
      model["precision"] = used.precision;
    }
  }
  json_["runtime"] = runtime_loads();
  return write();
}

Result<void> RunManifest::write() { return write_json(path_, json_); }

void record_death(const std::string& directory, const std::string& error, std::uint64_t frames) {
  Json json = read_run_manifest(directory);
  if (!json.is_object() || json.value("status", "") != "running") return;
  json["ended"] = format_now();
  json["status"] = error.empty() ? "interrupted" : "failed";
  if (!error.empty()) json["error"] = error;
  json["frames"] = frames;
  // Where that fails the record still says that the run did not end.
  if (!write_json(run_manifest_path(directory), json)) return;
}

}  // namespace gsttorch
