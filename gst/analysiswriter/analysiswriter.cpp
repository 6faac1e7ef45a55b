// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/analysiswriter/analysiswriter.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/gst/boundary.h"
#include "lib/gst/enum_nick.h"
#include "lib/gst/gsttorchflowmeta.h"
#include "lib/gst/gsttorchmatchmeta.h"
#include "lib/gst/gsttorchscenemeta.h"

namespace gsttorch {
namespace {

// With queue-policy=drop no line is ever left out, and a disk that never answers takes no more
// memory than this many of them.
constexpr std::size_t kMaxWaitingLines = 10000;

std::string text(const gchar* nullable) { return nullable ? nullable : ""; }

std::optional<std::uint64_t> time(GstClockTime t) {
  return GST_CLOCK_TIME_IS_VALID(t) ? std::optional<std::uint64_t>(t) : std::nullopt;
}

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

FlowRecord flow_record(const GstTorchFlow& flow) {
  FlowRecord record;
  record.source = text(flow.source);
  record.model = text(flow.model);
  record.direction = direction_nick(flow.direction);
  record.reference_pts = time(flow.reference_pts);
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

// And not of the disk: the next one can be written.
bool is_of_the_array(const Error& error) {
  return error.code == ErrorCode::BadShape || error.code == ErrorCode::Failed;
}

std::string& name_of(FlowRecord& record, FlowPart part) {
  switch (part) {
    case FlowPart::Backward:
      return record.backward_file;
    case FlowPart::Confidence:
      return record.confidence_file;
    case FlowPart::Flow:
      break;
  }
  return record.file;
}

SceneBoundary scene_boundary(const GstTorchScene& scene) {
  SceneBoundary boundary;
  boundary.kind = enum_nick(GST_TYPE_TORCH_SCENE_BOUNDARY, scene.boundary);
  boundary.start_frame = scene.start_frame;
  boundary.middle_frame = scene.middle_frame;
  boundary.end_frame = scene.end_frame;
  boundary.start_pts = time(scene.start_pts);
  boundary.middle_pts = time(scene.middle_pts);
  boundary.end_pts = time(scene.end_pts);
  boundary.confidence = scene.confidence;
  return boundary;
}

SceneRecord scene_record(const GstTorchScene& scene) {
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

// What the first scenedetect upstream says of the frame.
std::optional<SceneRecord> scene_record(GstBuffer* buffer) {
  std::optional<SceneRecord> record;
  gpointer state = nullptr;
  while (GstCustomMeta* meta = gst_buffer_iterate_torch_scene_meta(buffer, &state)) {
    GstTorchScene scene;
    if (!gst_torch_scene_meta_read(meta, &scene)) continue;
    if (!record) record = scene_record(scene);
    const bool is_of_first = record->source == text(scene.source);
    if (is_of_first && scene.boundary) record->boundaries.push_back(scene_boundary(scene));
  }
  return record;
}

MatchRecord match_record(const GstTorchMatch& match) {
  MatchRecord record;
  record.source = text(match.source);
  record.model = text(match.model);
  record.reference_pts = time(match.reference_pts);
  if (GST_CLOCK_STIME_IS_VALID(match.dt)) record.dt = match.dt;
  record.reference = text(match.reference);
  record.count = match.count;
  record.mean_confidence = match.mean_confidence;
  record.geometry = text(match.geometry);
  record.inliers = match.inliers;
  record.residual = match.residual;
  record.verdict = text(match.verdict);
  record.skipped = text(match.skipped);
  return record;
}

std::vector<MatchRecord> match_records(GstBuffer* buffer) {
  std::vector<MatchRecord> records;
  gpointer state = nullptr;
  while (GstCustomMeta* meta = gst_buffer_iterate_torch_match_meta(buffer, &state)) {
    GstTorchMatch match;
    if (gst_torch_match_meta_read(meta, &match)) records.push_back(match_record(match));
  }
  return records;
}

std::optional<ReferenceTimestamp> reference_timestamp(GstBuffer* buffer) {
  const auto* meta = gst_buffer_get_reference_timestamp_meta(buffer, nullptr);
  if (!meta || gst_caps_get_size(meta->reference) == 0) return std::nullopt;
  const GstStructure* s = gst_caps_get_structure(meta->reference, 0);
  return ReferenceTimestamp{gst_structure_get_name(s), meta->timestamp};
}

}  // namespace

WriterSettings AnalysisWriter::settings() const {
  const std::lock_guard lock(mutex_);
  return settings_;
}

GstStructure* AnalysisWriter::stats() const {
  const guint level = static_cast<guint>(queue_.size());
  const std::lock_guard lock(mutex_);
  const std::uint64_t lost = stats_.has_failed ? stats_.taken - stats_.records : 0;
  GstStructure* stats = gst_structure_new(
      "analysiswriter-stats", "frames", G_TYPE_UINT64, stats_.frames, "records", G_TYPE_UINT64,
      stats_.records, "bytes", G_TYPE_UINT64, stats_.bytes, "flow-files", G_TYPE_UINT64,
      stats_.flow_files, "dropped", G_TYPE_UINT64, stats_.dropped, "lost", G_TYPE_UINT64, lost,
      "queue-level", G_TYPE_UINT, level, nullptr);
  if (const auto& last = stats_.resumed_after) {
    gst_structure_set(stats, "resumed-after-frame", G_TYPE_UINT64, last->frame, nullptr);
    if (last->pts) {
      gst_structure_set(stats, "resumed-after-pts", G_TYPE_UINT64, *last->pts, nullptr);
    }
  }
  return stats;
}

Result<void> AnalysisWriter::start() {
  const WriterSettings settings = this->settings();
  auto folder = ResultsFolder::create(
      {settings.location,
       settings.resume ? ResultsFolder::Earlier::Continue : ResultsFolder::Earlier::Replace,
       settings.records_per_file});
  if (!folder) return folder.error();
  numbering_ = FrameNumbering(folder->last_recorded());
  {
    const std::lock_guard lock(mutex_);
    stats_ = Stats{};
    stats_.resumed_after = folder->last_recorded();
  }
  has_warned_ = has_scenes_ = false;
  queue_.reset();
  waiting_with_files_ = 0;
  thread_ = std::thread([this, folder = std::move(folder).value()]() mutable {
    guarded(element_, false, [&] {
      run(std::move(folder));
      return true;
    });
    queue_.set_state(QueueState::Failed);  // a good end was Closed before, and stays so
  });
  return {};
}

void AnalysisWriter::stop() {
  queue_.set_state(QueueState::Open);  // the change of state had interrupted it
  hand_over_scene_list();
  queue_.set_state(QueueState::Closed);
  if (thread_.joinable()) thread_.join();
}

GstFlowReturn AnalysisWriter::take(GstBuffer* buffer) {
  const WriterSettings settings = this->settings();
  const auto frame = numbering_.number(time(GST_BUFFER_PTS(buffer)));
  auto scene = scene_record(buffer);
  const bool begins_shot = scene && !scene->boundaries.empty();
  const bool is_wanted = frame && (*frame % settings.every == 0 || begins_shot);
  if (is_wanted && scene) has_scenes_ = true;
  {
    const std::lock_guard lock(mutex_);
    stats_.frames++;
    stats_.taken += is_wanted;
  }
  QueueState state = QueueState::Open;
  if (is_wanted) {
    Job job = make_job(buffer, *frame, settings);
    job.record.scene = std::move(scene);
    state = hand_over(std::move(job), settings);
  }
  if (state == QueueState::Open) {
    numbering_.taken(frame);
    return GST_FLOW_OK;
  }
  const std::lock_guard lock(mutex_);
  stats_.frames--;
  stats_.taken--;
  return state == QueueState::Failed ? GST_FLOW_ERROR : GST_FLOW_FLUSHING;
}

QueueState AnalysisWriter::hand_over(Job job, const WriterSettings& settings) {
  std::size_t capacity = settings.max_queue;
  if (settings.queue_policy == QueuePolicy::Drop) {
    if (waiting_with_files_ >= settings.max_queue) drop_files(job);
    capacity = std::max(capacity, kMaxWaitingLines);
  }
  const bool has_files = !job.files.empty();
  waiting_with_files_ += has_files;  // before the writer can take it
  const QueueState state = queue_.push(std::move(job), capacity);
  if (state != QueueState::Open) waiting_with_files_ -= has_files;
  return state;
}

void AnalysisWriter::drop_files(Job& job) {
  for (const FileJob& file : job.files) job.record.flow[file.number].dropped = "queue-full";
  job.files.clear();
}

void AnalysisWriter::hand_over_scene_list() {
  if (!has_scenes_.exchange(false)) return;
  Job job;
  job.ends_scene_list = true;
  queue_.push(std::move(job), kMaxWaitingLines);
}

bool AnalysisWriter::drain() {
  hand_over_scene_list();
  return queue_.drain() == QueueState::Open;
}

void AnalysisWriter::interrupt() { queue_.set_state(QueueState::Interrupted); }

void AnalysisWriter::resume() { queue_.set_state(QueueState::Open); }

void AnalysisWriter::add_files(Job& job, const GstTorchFlow& flow) {
  const FlowGrid grid{flow.grid_width, flow.grid_height, flow.format};
  for (const auto& [part, buffer] : {std::pair{FlowPart::Flow, flow.flow},
                                     {FlowPart::Backward, flow.backward_flow},
                                     {FlowPart::Confidence, flow.confidence}}) {
    if (!buffer) continue;
    job.files.push_back({job.record.flow.size(), part, Ref<GstBuffer>::share(buffer), grid});
  }
}

AnalysisWriter::Job AnalysisWriter::make_job(GstBuffer* buffer, std::uint64_t frame,
                                             const WriterSettings& settings) {
  Job job;
  job.flow_file_type = settings.flow_file_type;
  job.record.frame = frame;
  job.record.pts = time(GST_BUFFER_PTS(buffer));
  job.record.duration = time(GST_BUFFER_DURATION(buffer));
  job.record.reference_timestamp = reference_timestamp(buffer);
  job.record.matches = match_records(buffer);
  const bool with_files = settings.flow_every > 0 && frame % settings.flow_every == 0;
  gpointer state = nullptr;
  while (GstCustomMeta* meta = gst_buffer_iterate_torch_flow_meta(buffer, &state)) {
    GstTorchFlow flow;
    if (!gst_torch_flow_meta_read(meta, &flow)) continue;
    if (with_files) add_files(job, flow);
    job.record.flow.push_back(flow_record(flow));
  }
  return job;
}

void AnalysisWriter::run(ResultsFolder folder) {
  auto done = write_all(folder);
  const auto closed = folder.close();  // after a failure too: earlier records may still be waiting
  if (done) done = closed;
  count(folder);
  if (!done) fail(done.error());
}

Result<void> AnalysisWriter::write_all(ResultsFolder& folder) {
  while (auto job = next_job()) {
    if (auto done = write(folder, *job); !done) return done;
    // Readers that follow the file see it up to date whenever there is nothing else to do.
    if (queue_.size() == 0) {
      if (auto done = folder.flush(); !done) return done;
    }
    count_flow(job->record);
    count(folder);
  }
  return {};
}

std::optional<AnalysisWriter::Job> AnalysisWriter::next_job() {
  auto job = queue_.pop();
  if (job && !job->files.empty()) waiting_with_files_--;
  return job;
}

void AnalysisWriter::fail(const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    stats_.has_failed = true;
  }
  if (settings().on_failure == OnFailure::Stop) {
    // Before the stream stops: whoever sees it stop finds the reason on the bus already.
    post_error(element_, error);
    return;
  }
  post_warning(element_, {error.code, error.message + " (nothing more is written)"});
  while (next_job()) {
  }
}

Result<void> AnalysisWriter::write(ResultsFolder& folder, Job& job) {
  if (job.ends_scene_list) return folder.write_scene_list();
  for (const FileJob& file : job.files) {
    if (auto done = write_file(folder, file, job); !done) return done;
  }
  return folder.write_line(job.record);
}

Result<void> AnalysisWriter::write_file(ResultsFolder& folder, const FileJob& file, Job& job) {
  const std::string name = ResultsFolder::flow_file_name(
      {job.record.frame, static_cast<unsigned>(file.number), file.part}, job.flow_file_type);
  auto done = write_array(folder, file, name);
  if (!done && is_of_the_array(done.error())) {
    warn_once(done.error().message);
    return {};
  }
  if (done) name_of(job.record.flow[file.number], file.part) = name;
  return done;
}

Result<void> AnalysisWriter::write_array(ResultsFolder& folder, const FileJob& file,
                                         const std::string& name) {
  if (file.part == FlowPart::Confidence) {
    const auto mapped = MappedConfidence::create(file.buffer.get(), file.grid);
    return mapped ? folder.write_confidence(name, mapped->view()) : mapped.error();
  }
  const auto mapped = MappedFlow::create(file.buffer.get(), file.grid);
  return mapped ? folder.write_flow(name, mapped->view()) : mapped.error();
}

void AnalysisWriter::count(const ResultsFolder& folder) {
  const std::lock_guard lock(mutex_);
  stats_.records = folder.records_written();
  stats_.bytes = folder.bytes_written();
}

void AnalysisWriter::count_flow(const FrameRecord& record) {
  const std::lock_guard lock(mutex_);
  for (const FlowRecord& flow : record.flow) {
    for (const std::string* file : {&flow.file, &flow.backward_file, &flow.confidence_file}) {
      stats_.flow_files += !file->empty();
    }
    stats_.dropped += !flow.dropped.empty();
  }
}

void AnalysisWriter::warn_once(const std::string& reason) {
  if (std::exchange(has_warned_, true)) return;
  GST_ELEMENT_WARNING(element_, STREAM, FORMAT,
                      ("Some flow is not written to a file: %s.", reason.c_str()),
                      ("The frames' records say which: they name no file."));
}

}  // namespace gsttorch
