// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/scenes/split/split.h"

#include <algorithm>
#include <map>

#include "tools/gst-torch/scenes/split/display_matrix.h"
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

bool has_equal_times(const std::vector<EncodedPacket>& packets) {
  std::vector<std::int64_t> times;
  times.reserve(packets.size());
  for (const EncodedPacket& packet : packets) times.push_back(packet.time_ns);
  std::sort(times.begin(), times.end());
  return std::adjacent_find(times.begin(), times.end()) != times.end();
}

// An edit list can begin within a GOP: the packets before are decoded, but not shown.
bool begins_hidden(const std::vector<EncodedPacket>& packets) {
  return std::any_of(packets.begin(), packets.end(), [](const EncodedPacket& packet) {
    return packet.time_ns < 0 && packet.time_ns + packet.duration_ns <= 0;
  });
}

// What copies of the packets could not be played after.
Result<void> check_copy(const MediaStreams& streams) {
  const auto refused = [](const char* why) {
    return Error{ErrorCode::BadArgument, std::string(why) + ": use --reencode"};
  };
  if (!streams.all_timed) return refused("some of its packets have no timestamp");
  if (begins_hidden(streams.packets)) return refused("its first frame is not a key frame");
  if (streams.changes_format) return refused("the size or the format of its images changes");
  return {};
}

Result<void> check_packets(const MediaStreams& streams, SplitMethod method) {
  if (streams.all_timed && has_equal_times(streams.packets)) {
    return Error{ErrorCode::BadArgument,
                 "some of its frames have the same timestamp: convert it to a constant frame rate "
                 "(ffmpeg: -fps_mode cfr)"};
  }
  return method == SplitMethod::Copy ? check_copy(streams) : Result<void>();
}

// What of the streams goes into the parts, as what.
Result<SplitJob> describe_job(const SplitRequest& request, const MediaStreams& streams) {
  SplitJob job;
  job.video = request.video;
  job.video_id = streams.video.id;
  job.orientation = streams.orientation;
  Ref<GstCaps> caps = streams.video.caps;
  if (request.method == SplitMethod::Reencode) {
    auto encoder = choose_encoder(request.facts.stored_width, request.facts.stored_height);
    if (!encoder) return encoder.error();
    caps = Ref<GstCaps>::adopt(gst_caps_from_string(encoder->caps.c_str()));
    job.encoder = std::move(*encoder);
    job.width = request.facts.stored_width;
    job.height = request.facts.stored_height;
  }
  const auto container = choose_container(request.facts.container, caps.get(), streams.audio);
  if (!container) return container.error();
  job.container = *container;
  return job;
}

void add_audio(SplitSource& source) {
  for (const MediaStream& stream : source.streams.audio) {
    if (can_hold(source.job.container, stream.caps.get())) {
      source.job.audio_ids.push_back(stream.id);
    } else {
      source.left_out.push_back(describe(stream.caps.get()));
    }
  }
}

// Files of MP4 get the orientation. Matroska's muxer cannot write it, so the images are turned.
Result<void> add_orientation(SplitSource& source) {
  const std::string& orientation = source.streams.orientation;
  if (orientation.empty() || orientation == "rotate-0" || is_mp4(source.job.container)) return {};
  if (!source.job.encoder) {
    return Error{ErrorCode::BadArgument,
                 "Matroska cannot hold its orientation (" + orientation + "): use --reencode"};
  }
  source.job.turns_upright = true;
  return {};
}

// mp4mux takes the sum of the packets' durations for the length of a file, which players cut it to.
// If frames are reordered and their rate varies, that sum can end before the last frame does.
// Returns how long the last packet of each part has to be, by its number.
std::map<std::uint64_t, std::int64_t> last_durations(const std::vector<EncodedPacket>& packets,
                                                     const std::vector<std::int64_t>& starts) {
  std::map<std::uint64_t, std::int64_t> durations;
  std::size_t part = 0, first = 0;
  std::int64_t start = 0, end = 0;
  for (std::size_t i = 0; i < packets.size(); i++) {
    const EncodedPacket& packet = packets[i];
    if (i == first) start = packet.time_ns;
    start = std::min(start, packet.time_ns);
    end = std::max(end, packet.time_ns + packet.duration_ns);
    const bool is_last =
        i + 1 == packets.size() || (part < starts.size() && packets[i + 1].time_ns == starts[part]);
    if (!is_last) continue;
    durations[i] = (end - start) - (packet.dts_ns - packets[first].dts_ns);
    first = i + 1;
    part++;
  }
  return durations;
}

void add_times(const SplitRequest& request, const MediaStreams& streams, const SplitPlan& plan,
               SplitJob& job) {
  for (std::size_t i = 1; i < plan.parts.size(); i++) {
    const SplitPart& part = plan.parts[i];
    job.starts_ns.push_back(part.start_ns);
    job.signals_ns.push_back(job.encoder ? signal_for_reencode(part, request.frame_times)
                                         : signal_for_copy(part.start_ns, streams.packets));
  }
  if (!job.encoder && is_mp4(job.container)) {
    job.last_durations_ns = last_durations(streams.packets, job.starts_ns);
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
  for (std::size_t i = 0; i < files.count() && is_mp4(job.container); i++) {
    if (auto set = set_display_matrix(files.unfinished(i), job.orientation); !set) {
      return set.error();
    }
  }
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

Result<SplitSource> prepare_split(const SplitRequest& request) {
  SplitSource source;
  auto streams = read_streams(request.video, request.facts.stream_id);
  if (!streams) return split_error(request, streams.error());
  source.streams = std::move(*streams);
  if (auto good = check_packets(source.streams, request.method); !good) {
    return split_error(request, good.error());
  }
  auto job = describe_job(request, source.streams);
  if (!job) return split_error(request, job.error());
  source.job = std::move(*job);
  if (auto good = add_orientation(source); !good) return split_error(request, good.error());
  add_audio(source);
  return source;
}

Result<SplitOutcome> split_video(const SplitRequest& request, const SplitSource& source) {
  SplitJob job = source.job;
  const std::vector<EncodedPacket>& packets = source.streams.packets;
  SplitOutcome outcome;
  outcome.left_out = source.left_out;
  outcome.plan = plan_split(request.shots, request.frame_times,
                            job.encoder ? request.frame_times : split_times(packets));
  add_times(request, source.streams, outcome.plan, job);
  ClipFiles files(request.directory, request.video, shots_of(outcome.plan),
                  job.container.extension);
  auto written = write_parts(job, files, job.encoder ? request.frame_times.size() : packets.size());
  if (!written) return split_error(request, written.error());
  outcome.files = std::move(*written);
  return outcome;
}

}  // namespace gsttorch
