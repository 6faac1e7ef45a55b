// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/analyze/worker_protocol.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <nlohmann/json.hpp>

#include <glib.h>

#include "tools/gst-torch/support/exit_status.h"

namespace gsttorch {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array kStates{JobState::Done, JobState::Resumed, JobState::Finished,
                             JobState::Interrupted, JobState::Failed};
constexpr std::array kPhases{JobPhase::Probing, JobPhase::Analyzing, JobPhase::Reporting};

std::string escape_field(const std::string& field) {
  g_autofree gchar* escaped = g_strescape(field.c_str(), nullptr);
  return escaped;
}

std::string take_field(std::string_view& line) {
  const std::string field(line.substr(0, line.find('\t')));
  line.remove_prefix(std::min(line.size(), field.size() + 1));
  g_autofree gchar* text = g_strcompress(field.c_str());
  return text;
}

std::string dump_line(const Json& json) {
  // File names need not be UTF-8: what is not is replaced.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

JobState parse_state(const std::string& name) {
  for (const JobState state : kStates) {
    if (name == state_name(state)) return state;
  }
  return JobState::Failed;
}

const char* phase_name(JobPhase phase) {
  switch (phase) {
    case JobPhase::Probing:
      return "probing";
    case JobPhase::Analyzing:
      return "analyzing";
    case JobPhase::Reporting:
      break;
  }
  return "reporting";
}

std::optional<JobPhase> parse_phase(const std::string& name) {
  for (const JobPhase phase : kPhases) {
    if (name == phase_name(phase)) return phase;
  }
  return std::nullopt;
}

ProgressState parse_progress(const Json& json) {
  ProgressState progress;
  progress.frames = json.value("frames", std::uint64_t{0});
  if (json.contains("expected")) progress.total = json["expected"].get<std::uint64_t>();
  progress.seconds = json.value("seconds", 0.0);
  if (json.contains("share")) progress.share = json["share"].get<double>();
  progress.share_at_start = json.value("share_at_start", 0.0);
  for (const Json& stage : json.value("stages", Json::array())) {
    progress.stages.push_back({stage.value("name", ""), stage.value("frames", std::uint64_t{0})});
  }
  return progress;
}

VideoOutcome parse_outcome(const Json& json) {
  VideoOutcome outcome;
  outcome.state = parse_state(json.value("state", ""));
  outcome.frames = json.value("frames", std::uint64_t{0});
  outcome.ms_per_frame = json.value("ms_per_frame", 0.0);
  outcome.error = json.value("error", "");
  outcome.exit_status = json.value("exit_status", kOk);
  outcome.details = json.value("details", "");
  return outcome;
}

CrashSite parse_crash(const Json& json) {
  return {json.value("element", ""), json.value("decoded", std::uint64_t{0}),
          json.value("frames", std::uint64_t{0})};
}

WorkerMessage to_message(const Json& json) {
  WorkerMessage message;
  if (json.contains("phase")) message.phase = parse_phase(json["phase"].get<std::string>());
  if (json.contains("progress")) {
    message.progress = parse_progress(json["progress"]);
    message.decoded = json["progress"].value("decoded", std::uint64_t{0});
  }
  if (json.contains("crash")) message.crash = parse_crash(json["crash"]);
  if (json.contains("result")) message.result = parse_outcome(json["result"]);
  return message;
}

}  // namespace

std::string to_line(const WorkerJob& job) {
  return escape_field(job.video) + '\t' + escape_field(job.directory) + '\t' +
         escape_field(job.overlay) + '\n';
}

WorkerJob parse_job(const std::string& line) {
  std::string_view rest = line;
  WorkerJob job;
  job.video = take_field(rest);
  job.directory = take_field(rest);
  job.overlay = take_field(rest);
  return job;
}

VideoOutcome to_outcome(const JobResult& result) {
  VideoOutcome outcome{result.state, result.frames, result.ms_per_frame, "", kOk, result.details};
  if (result.error) {
    outcome.error = result.error->message;
    outcome.exit_status = exit_status(result.error->code);
  }
  return outcome;
}

const char* state_name(JobState state) {
  switch (state) {
    case JobState::Done:
      return "done";
    case JobState::Resumed:
      return "resumed";
    case JobState::Finished:
      return "already done";
    case JobState::Interrupted:
      return "interrupted";
    case JobState::Failed:
      break;
  }
  return "failed";
}

std::string phase_line(JobPhase phase) { return dump_line({{"phase", phase_name(phase)}}); }

std::string progress_line(const ProgressState& progress, std::uint64_t decoded) {
  Json json{{"decoded", decoded}, {"frames", progress.frames}};
  if (progress.total) json["expected"] = *progress.total;
  json["seconds"] = progress.seconds;
  if (progress.share) {
    json["share"] = *progress.share;
    json["share_at_start"] = progress.share_at_start;
  }
  json["stages"] = Json::array();
  for (const ProgressStage& stage : progress.stages) {
    json["stages"].push_back(Json{{"name", stage.name}, {"frames", stage.frames}});
  }
  return dump_line({{"progress", json}});
}

std::string result_line(const std::string& video, const VideoOutcome& outcome) {
  Json json{{"video", video}, {"state", state_name(outcome.state)}, {"frames", outcome.frames}};
  if (outcome.ms_per_frame > 0) json["ms_per_frame"] = outcome.ms_per_frame;
  if (!outcome.error.empty()) {
    json["error"] = outcome.error;
    json["exit_status"] = outcome.exit_status;
  }
  if (!outcome.details.empty()) json["details"] = outcome.details;
  return dump_line({{"result", json}});
}

std::optional<WorkerMessage> parse_message(const std::string& line) {
  if (!line.starts_with('{')) return std::nullopt;
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  try {
    return to_message(json);
  } catch (const Json::exception&) {
    return std::nullopt;  // what some library printed
  }
}

}  // namespace gsttorch
