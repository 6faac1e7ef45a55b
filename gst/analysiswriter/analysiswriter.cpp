// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/analysiswriter/analysiswriter.h"

#include <algorithm>
#include <utility>

#include "gst/analysiswriter/debug.h"
#include "gst/analysiswriter/frame_records.h"
#include "lib/gst/mapped_matches.h"
#include "lib/gst/util/boundary.h"
#include "lib/gst/util/known_time.h"
#include "lib/gst/util/upstream_latency.h"
#include "lib/results/recorded_results.h"

namespace gsttorch {
namespace {

// With queue-policy=drop no record is ever dropped; this limit bounds the memory that they use if
// the disk never responds.
constexpr std::size_t kMaxWaitingLines = 10000;

bool is_due(std::uint64_t frame, guint every) { return every > 0 && frame % every == 0; }

// An error of the array, not of the disk: the next array can be written.
bool is_of_the_array(const Error& error) {
  return error.code == ErrorCode::BadShape || error.code == ErrorCode::Failed;
}

bool is_upstream_live(GstElement* element) {
  const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(element, "sink"));
  return query_upstream_latency(pad.get()).value_or(UpstreamLatency()).is_live;
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
      "application/x-gsttorch-stats", "frames", G_TYPE_UINT64, stats_.frames, "records",
      G_TYPE_UINT64, stats_.records, "bytes", G_TYPE_UINT64, stats_.bytes, "flow-files",
      G_TYPE_UINT64, stats_.flow_files, "match-files", G_TYPE_UINT64, stats_.match_files, "dropped",
      G_TYPE_UINT64, stats_.dropped, "lost", G_TYPE_UINT64, lost, "session", G_TYPE_UINT64,
      stats_.session, "skipped", G_TYPE_UINT64, stats_.skipped, "queue-level", G_TYPE_UINT, level,
      nullptr);
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
  auto directory = ResultsDirectory::create({settings.location,
                                             settings.resume || settings.append
                                                 ? ResultsDirectory::Earlier::Continue
                                                 : ResultsDirectory::Earlier::Replace,
                                             settings.records_per_file});
  if (!directory) return directory.error();
  const auto& last = directory->last_recorded();
  log_start(settings, last);
  resumes_at_ = settings.resume ? last : std::nullopt;
  numbering_ = settings.resume ? FrameNumbering(last) : FrameNumbering::after(last);
  session_ = session_of(settings, last);
  {
    const std::lock_guard lock(mutex_);
    stats_ = Stats{};
    stats_.session = session_.number;
    stats_.resumed_after = resumes_at_;
  }
  has_warned_ = has_shots_ = false;
  queue_.reset();
  waiting_with_files_ = 0;
  thread_ = std::thread([this, directory = std::move(directory).value()]() mutable {
    guarded(element_, false, [&] {
      run(std::move(directory));
      return true;
    });
    queue_.set_state(QueueState::Failed);  // no effect after a normal end, which set Closed before
  });
  return {};
}

void AnalysisWriter::log_start(const WriterSettings& settings,
                               const std::optional<RecordKey>& last) const {
  if (last && !settings.resume) {
    GST_DEBUG_OBJECT(element_, "opened directory %s, appends after frame %" G_GUINT64_FORMAT,
                     settings.location.c_str(), last->frame);
  } else if (last) {
    GST_DEBUG_OBJECT(element_, "opened directory %s, resumes after frame %" G_GUINT64_FORMAT,
                     settings.location.c_str(), last->frame);
  } else {
    GST_DEBUG_OBJECT(element_, "opened directory %s, %s", settings.location.c_str(),
                     settings.resume   ? "nothing to resume"
                     : settings.append ? "no earlier results"
                                       : "earlier results are replaced");
  }
}

void AnalysisWriter::stop() {
  queue_.set_state(QueueState::Open);  // the state change had interrupted it
  enqueue_shot_list();
  queue_.set_state(QueueState::Closed);
  if (!thread_.joinable()) return;
  thread_.join();
  Stats stats;
  {
    const std::lock_guard lock(mutex_);
    stats = stats_;
  }
  GST_DEBUG_OBJECT(element_,
                   "stopped: %" G_GUINT64_FORMAT " frames, %" G_GUINT64_FORMAT
                   " records, %" G_GUINT64_FORMAT " files of flow, %" G_GUINT64_FORMAT
                   " of matches, %" G_GUINT64_FORMAT " dropped",
                   stats.frames, stats.records, stats.flow_files, stats.match_files, stats.dropped);
}

AnalysisWriter::Session AnalysisWriter::session_of(const WriterSettings& settings,
                                                   const std::optional<RecordKey>& last) const {
  if (!last) return {};
  if (!settings.resume) return {last->session + 1, last->frame + 1};
  if (last->session == 0) return {};
  return {last->session, first_frame_of_session(settings.location, last->session)};
}

// The times of a live source begin at 0 again, so its frames would be taken for recorded ones.
void AnalysisWriter::begin_session_if_live() {
  const auto last = std::exchange(resumes_at_, std::nullopt);
  if (!last || !is_upstream_live(element_)) return;
  GST_INFO_OBJECT(element_, "the stream is live: appends a session instead of resuming");
  numbering_ = FrameNumbering::after(last);
  session_ = {last->session + 1, last->frame + 1};
  const std::lock_guard lock(mutex_);
  stats_.session = session_.number;
  stats_.resumed_after.reset();
}

void AnalysisWriter::skip_recorded(GstBuffer* buffer) {
  std::optional<RecordKey> last;
  {
    const std::lock_guard lock(mutex_);
    if (stats_.skipped++ == 0) last = stats_.resumed_after;
  }
  GST_LOG_OBJECT(element_, "buffer of %" GST_TIME_FORMAT " is recorded already",
                 GST_TIME_ARGS(GST_BUFFER_PTS(buffer)));
  if (!last) return;
  // gst-launch-1.0 prints only the second text.
  GST_ELEMENT_INFO(element_, RESOURCE, SETTINGS,
                   ("Skips frames that are recorded already, because resume is set."),
                   ("Frames up to frame %" G_GUINT64_FORMAT
                    " are recorded already. Unset resume to append another stream as a session.",
                    last->frame));
}

GstFlowReturn AnalysisWriter::take(GstBuffer* buffer, const GstSegment& segment) {
  const WriterSettings settings = this->settings();
  begin_session_if_live();
  const auto frame = numbering_.number(known_time(GST_BUFFER_PTS(buffer)));
  auto shot = shot_record(buffer);
  const bool begins_shot = shot && !shot->boundaries.empty();
  const bool is_wanted =
      frame && (is_due(*frame - session_.first_frame, settings.every) || begins_shot);
  if (is_wanted && shot) has_shots_ = true;
  if (frame) {
    log_frame(buffer, *frame, is_wanted);
  } else {
    skip_recorded(buffer);
  }
  {
    const std::lock_guard lock(mutex_);
    stats_.frames++;
    stats_.taken += is_wanted;
  }
  QueueState state = QueueState::Open;
  if (is_wanted) {
    Job job = make_job(buffer, *frame, settings);
    job.record.stream_time = stream_time(buffer, segment);
    job.record.shot = std::move(shot);
    state = enqueue(std::move(job), settings);
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

void AnalysisWriter::log_frame(GstBuffer* buffer, std::uint64_t frame, bool is_wanted) const {
  GST_LOG_OBJECT(element_, "frame %" G_GUINT64_FORMAT " of %" GST_TIME_FORMAT ": %s", frame,
                 GST_TIME_ARGS(GST_BUFFER_PTS(buffer)),
                 is_wanted ? "gets a record" : "no record, as every says");
}

QueueState AnalysisWriter::enqueue(Job job, const WriterSettings& settings) {
  std::size_t capacity = settings.max_queue;
  if (settings.queue_policy == QueuePolicy::Drop) {
    if (waiting_with_files_ >= settings.max_queue) drop_files(job);
    capacity = std::max(capacity, kMaxWaitingLines);
  }
  const bool has_files = job.has_files();
  waiting_with_files_ += has_files;  // before the writer can pop the job
  const QueueState state = queue_.push(std::move(job), capacity);
  if (state != QueueState::Open) waiting_with_files_ -= has_files;
  return state;
}

void AnalysisWriter::drop_files(Job& job) {
  if (!job.has_files()) return;
  GST_DEBUG_OBJECT(
      element_, "frame %" G_GUINT64_FORMAT ": drops %" G_GSIZE_FORMAT " files, the queue is full",
      job.record.frame, job.flow_files.size() + job.match_files.size());
  for (const FlowFile& file : job.flow_files) {
    job.record.flow[file.number].dropped = "queue-full";
  }
  for (const MatchFile& file : job.match_files) {
    job.record.matches[file.number].dropped = "queue-full";
  }
  job.flow_files.clear();
  job.match_files.clear();
}

void AnalysisWriter::enqueue_shot_list() {
  if (!has_shots_.exchange(false)) return;
  Job job;
  job.ends_shot_list = true;
  queue_.push(std::move(job), kMaxWaitingLines);
}

bool AnalysisWriter::drain() {
  enqueue_shot_list();
  return queue_.drain() == QueueState::Open;
}

void AnalysisWriter::interrupt() { queue_.set_state(QueueState::Interrupted); }

void AnalysisWriter::resume() { queue_.set_state(QueueState::Open); }

void AnalysisWriter::add_flow(Job& job, const GstTorchFlow& flow, bool with_files) {
  if (with_files) add_flow_files(job, flow);
  job.record.flow.push_back(flow_record(flow));
}

void AnalysisWriter::add_flow_files(Job& job, const GstTorchFlow& flow) {
  const FlowGrid grid{flow.grid_width, flow.grid_height, flow.format};
  for (const auto& [part, buffer] : {std::pair{FlowPart::Flow, flow.flow},
                                     {FlowPart::Backward, flow.backward_flow},
                                     {FlowPart::Confidence, flow.confidence}}) {
    if (!buffer) continue;
    job.flow_files.push_back({job.record.flow.size(), part, Ref<GstBuffer>::share(buffer), grid});
  }
}

void AnalysisWriter::add_matches(Job& job, const GstTorchMatch& match, bool with_file) {
  if (with_file && match.matches) {
    job.match_files.push_back(
        {job.record.matches.size(), Ref<GstBuffer>::share(match.matches), match.count});
  }
  job.record.matches.push_back(match_record(match));
}

AnalysisWriter::Job AnalysisWriter::make_job(GstBuffer* buffer, std::uint64_t frame,
                                             const WriterSettings& settings) const {
  Job job;
  job.flow_file_type = settings.flow_file_type;
  job.match_file_type = settings.match_file_type;
  job.record.frame = frame;
  job.record.session = session_.number;
  job.record.pts = known_time(GST_BUFFER_PTS(buffer));
  job.record.duration = known_time(GST_BUFFER_DURATION(buffer));
  job.record.reference_timestamp = reference_timestamp(buffer);
  const std::uint64_t index = frame - session_.first_frame;
  const bool with_flow = is_due(index, settings.flow_every);
  const bool with_matches =
      settings.match_file_type != MatchFileType::None && is_due(index, settings.match_every);
  GstTorchFlow flow;
  for (gpointer state = nullptr;
       GstCustomMeta* meta = gst_buffer_iterate_torch_flow_meta(buffer, &state);) {
    if (gst_torch_flow_meta_read(meta, &flow)) add_flow(job, flow, with_flow);
  }
  GstTorchMatch match;
  for (gpointer state = nullptr;
       GstCustomMeta* meta = gst_buffer_iterate_torch_match_meta(buffer, &state);) {
    if (gst_torch_match_meta_read(meta, &match)) add_matches(job, match, with_matches);
  }
  return job;
}

void AnalysisWriter::run(ResultsDirectory directory) {
  auto done = write_all(directory);
  const auto closed =
      directory.close();  // after a failure too: earlier records may still be buffered
  if (done) done = closed;
  count(directory);
  if (!done) fail(done.error());
}

Result<void> AnalysisWriter::write_all(ResultsDirectory& directory) {
  while (auto job = next_job()) {
    if (auto done = write(directory, *job); !done) return done;
    // Keeps the file up to date for readers that follow it, whenever the queue is empty.
    if (queue_.size() == 0) {
      if (auto done = directory.flush(); !done) return done;
    }
    count_files(job->record);
    count(directory);
  }
  return {};
}

std::optional<AnalysisWriter::Job> AnalysisWriter::next_job() {
  auto job = queue_.pop();
  if (job && job->has_files()) waiting_with_files_--;
  return job;
}

void AnalysisWriter::fail(const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    stats_.has_failed = true;
  }
  const OnFailure on_failure = settings().on_failure;
  GST_DEBUG_OBJECT(element_, "cannot write: %s; %s", error.message.c_str(),
                   on_failure == OnFailure::Stop ? "stops" : "continues without records");
  if (on_failure == OnFailure::Stop) {
    // Before the stream stops, so that the reason is on the bus by then.
    post_error(element_, error);
    return;
  }
  post_warning(element_, {error.code, error.message + " (the element writes no further results)"});
  while (next_job()) {
  }
}

Result<void> AnalysisWriter::write(ResultsDirectory& directory, Job& job) {
  if (job.ends_shot_list) {
    GST_DEBUG_OBJECT(element_, "writes shots.csv");
    return directory.write_shot_list();
  }
  for (const FlowFile& file : job.flow_files) {
    if (auto done = write_flow(directory, file, job); !done) return done;
  }
  for (const MatchFile& file : job.match_files) {
    if (auto done = write_matches(directory, file, job); !done) return done;
  }
  return directory.write_line(job.record);
}

Result<void> AnalysisWriter::write_flow(ResultsDirectory& directory, const FlowFile& file,
                                        Job& job) {
  const std::string name = ResultsDirectory::flow_file_name(
      {job.record.frame, static_cast<unsigned>(file.number), file.part}, job.flow_file_type);
  return note(write_array(directory, file, name), name,
              name_of(job.record.flow[file.number], file.part));
}

Result<void> AnalysisWriter::write_matches(ResultsDirectory& directory, const MatchFile& file,
                                           Job& job) {
  const std::string name = ResultsDirectory::match_file_name(
      job.record.frame, static_cast<unsigned>(file.number), job.match_file_type);
  const auto mapped = MappedMatches::create(file.buffer.get(), file.count);
  return note(mapped ? directory.write_matches(name, mapped->rows()) : mapped.error(), name,
              job.record.matches[file.number].file);
}

Result<void> AnalysisWriter::note(Result<void> done, const std::string& name, std::string& field) {
  if (done) {
    GST_DEBUG_OBJECT(element_, "wrote %s", name.c_str());
    field = name;
  } else if (is_of_the_array(done.error())) {
    GST_DEBUG_OBJECT(element_, "does not write %s: %s", name.c_str(), done.error().message.c_str());
    warn_once(done.error().message);
    return {};
  }
  return done;
}

Result<void> AnalysisWriter::write_array(ResultsDirectory& directory, const FlowFile& file,
                                         const std::string& name) {
  if (file.part == FlowPart::Confidence) {
    const auto mapped = MappedConfidence::create(file.buffer.get(), file.grid);
    return mapped ? directory.write_confidence(name, mapped->view()) : mapped.error();
  }
  const auto mapped = MappedFlow::create(file.buffer.get(), file.grid);
  return mapped ? directory.write_flow(name, mapped->view()) : mapped.error();
}

void AnalysisWriter::count(const ResultsDirectory& directory) {
  const std::lock_guard lock(mutex_);
  stats_.records = directory.records_written();
  stats_.bytes = directory.bytes_written();
}

void AnalysisWriter::count_files(const FrameRecord& record) {
  const std::lock_guard lock(mutex_);
  for (const FlowRecord& flow : record.flow) {
    for (const std::string* file : {&flow.file, &flow.backward_file, &flow.confidence_file}) {
      stats_.flow_files += !file->empty();
    }
    stats_.dropped += !flow.dropped.empty();
  }
  for (const MatchRecord& match : record.matches) {
    stats_.match_files += !match.file.empty();
    stats_.dropped += !match.dropped.empty();
  }
}

void AnalysisWriter::warn_once(const std::string& reason) {
  if (std::exchange(has_warned_, true)) return;
  GST_ELEMENT_WARNING(element_, STREAM, FORMAT,
                      ("Cannot write a result to a file: %s.", reason.c_str()),
                      ("The records of the affected frames do not name a file."));
}

}  // namespace gsttorch
