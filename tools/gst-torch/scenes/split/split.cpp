// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/scenes/split/split.h"

#include <algorithm>

#include "tools/gst-torch/scenes/split/split_pipeline.h"
#include "tools/gst-torch/support/paths.h"

namespace gsttorch {
namespace {

Error split_error(const SplitRequest& request, const Error& error) {
  return Error{error.code, "cannot split " + request.video + ": " + error.message};
}

// A split is asked for between the key frame before it and its own: which of two times of a key
// frame, that of decoding or that of showing, splitmuxsink compares with, depends on its version.
std::int64_t signal_for_copy(std::int64_t start, const std::vector<EncodedPacket>& packets) {
  std::int64_t key_before = start - 1;
  for (const EncodedPacket& packet : packets) {
    if (packet.time_ns >= start) break;
    if (packet.is_key) key_before = packet.time_ns;
  }
  return key_before + 1;
}

// Encoders put in key frames of their own, but none between two frames.
std::int64_t signal_for_reencode(const SplitPart& part, const std::vector<std::int64_t>& times) {
  return (times[part.first_frame - 1] + part.start_ns) / 2;
}

// What of the streams goes into the parts, as what.
Result<SplitJob> describe_job(const SplitRequest& request, const MediaStreams& streams) {
  SplitJob job;
  job.video = request.video;
  job.video_id = streams.video.id;
  Ref<GstCaps> caps = streams.video.caps;
  if (request.method == SplitMethod::Reencode) {
    auto encoder = choose_encoder(request.facts.width, request.facts.height);
    if (!encoder) return encoder.error();
    caps = Ref<GstCaps>::adopt(gst_caps_from_string(encoder->caps.c_str()));
    job.encoder = std::move(*encoder);
  } else if (!streams.all_timed) {
    return Error{ErrorCode::BadArgument, "some of its packets have no timestamp: use --reencode"};
  }
  const auto container = choose_container(request.facts.container, caps.get(), streams.audio);
  if (!container) return container.error();
  job.container = *container;
  return job;
}

void add_audio(const MediaStreams& streams, SplitJob& job, SplitOutcome& outcome) {
  for (const MediaStream& stream : streams.audio) {
    if (can_hold(job.container, stream.caps.get())) {
      job.audio_ids.push_back(stream.id);
    } else {
      outcome.left_out.push_back(describe(stream.caps.get()));
    }
  }
}

void add_times(const SplitRequest& request, const MediaStreams& streams, const SplitPlan& plan,
               SplitJob& job) {
  for (std::size_t i = 1; i < plan.parts.size(); i++) {
    const SplitPart& part = plan.parts[i];
    job.starts_ns.push_back(part.start_ns);
    job.signals_ns.push_back(job.encoder ? signal_for_reencode(part, request.frame_times)
                                         : signal_for_copy(part.start_ns, streams.packets));
  }
}

std::vector<std::size_t> shots_of(const SplitPlan& plan) {
  std::vector<std::size_t> shots;
  for (const SplitPart& part : plan.parts) shots.push_back(part.shot);
  return shots;
}

// Nothing of what was planned may be missing.
Result<void> check_counts(const SplitPipeline::Counts& counts, std::uint64_t packets,
                          std::size_t parts) {
  if (counts.packets == packets && counts.parts == parts) return {};
  return Error{ErrorCode::Failed, "only " + std::to_string(counts.packets) + " of " +
                                      std::to_string(packets) + " frames were written, and " +
                                      std::to_string(counts.parts) + " files instead of " +
                                      std::to_string(parts)};
}

std::string without_stop(std::string sentence) {
  if (sentence.ends_with('.')) sentence.pop_back();
  return sentence;
}

// Some of what muxers refuse shows only when they are given it.
Error copy_error(const Error& error) {
  const bool is_of_stream = error.code == ErrorCode::Failed || error.code == ErrorCode::Corrupt;
  if (!is_of_stream) return error;  // but of the disk
  return {ErrorCode::BadArgument,
          "its streams cannot be copied (" + without_stop(error.message) + "): use --reencode"};
}

Result<std::vector<std::string>> write_parts(const SplitJob& job, ClipFiles& files,
                                             std::uint64_t packets) {
  auto pipeline = SplitPipeline::create(job);
  if (!pipeline) return pipeline.error();
  const auto counts = pipeline->run(job, files);
  if (!counts) return job.encoder ? counts.error() : copy_error(counts.error());
  if (auto whole = check_counts(*counts, packets, files.count()); !whole) return whole.error();
  return files.keep();
}

}  // namespace

Result<void> check_split_directory(const std::string& directory, const std::string& video) {
  if (auto writable = check_output_directory(directory); !writable) return writable;
  const std::string part = find_part(directory, video);
  if (part.empty()) return {};
  return Error{ErrorCode::BadArgument, part +
                                           " already exists: remove the files of the earlier "
                                           "run, or use another directory"};
}

Result<SplitOutcome> split_video(const SplitRequest& request) {
  const auto streams = read_streams(request.video, request.facts.stream_id);
  if (!streams) return split_error(request, streams.error());
  auto job = describe_job(request, *streams);
  if (!job) return split_error(request, job.error());
  SplitOutcome outcome;
  outcome.plan = plan_split(request.shots, request.frame_times,
                            job->encoder ? request.frame_times : split_times(streams->packets));
  add_audio(*streams, *job, outcome);
  add_times(request, *streams, outcome.plan, *job);
  ClipFiles files(request.directory, request.video, shots_of(outcome.plan),
                  job->container.extension);
  auto written =
      write_parts(*job, files, job->encoder ? request.frame_times.size() : streams->packets.size());
  if (!written) return split_error(request, written.error());
  outcome.files = std::move(*written);
  return outcome;
}

}  // namespace gsttorch
