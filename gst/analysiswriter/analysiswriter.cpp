// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/analysiswriter/analysiswriter.h"

#include <utility>

#include "lib/gst/boundary.h"
#include "lib/gst/gsttorchflowmeta.h"

namespace gsttorch {
namespace {

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
  record.skipped = text(flow.skipped);
  return record;
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
  return gst_structure_new("analysiswriter-stats", "frames", G_TYPE_UINT64, stats_.frames,
                           "records", G_TYPE_UINT64, stats_.records, "bytes", G_TYPE_UINT64,
                           stats_.bytes, "flow-files", G_TYPE_UINT64, stats_.flow_files,
                           "queue-level", G_TYPE_UINT, level, nullptr);
}

Result<void> AnalysisWriter::start() {
  auto folder = ResultsFolder::create({settings().location});
  if (!folder) return folder.error();
  {
    const std::lock_guard lock(mutex_);
    stats_ = Stats{};
  }
  has_warned_ = false;
  queue_.reset();
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
  queue_.set_state(QueueState::Closed);
  if (thread_.joinable()) thread_.join();
}

GstFlowReturn AnalysisWriter::take(GstBuffer* buffer) {
  std::unique_lock lock(mutex_);
  const WriterSettings settings = settings_;
  const std::uint64_t frame = stats_.frames++;
  lock.unlock();

  const QueueState state = queue_.push(make_job(buffer, frame, settings), settings.max_queue);
  if (state == QueueState::Open) return GST_FLOW_OK;
  lock.lock();
  stats_.frames = frame;  // the next frame has its number
  return state == QueueState::Failed ? GST_FLOW_ERROR : GST_FLOW_FLUSHING;
}

bool AnalysisWriter::drain() { return queue_.drain() == QueueState::Open; }

void AnalysisWriter::interrupt() { queue_.set_state(QueueState::Interrupted); }

void AnalysisWriter::resume() { queue_.set_state(QueueState::Open); }

AnalysisWriter::Job AnalysisWriter::make_job(GstBuffer* buffer, std::uint64_t frame,
                                             const WriterSettings& settings) {
  Job job;
  job.record.frame = frame;
  job.record.pts = time(GST_BUFFER_PTS(buffer));
  job.record.duration = time(GST_BUFFER_DURATION(buffer));
  job.record.reference_timestamp = reference_timestamp(buffer);
  const bool with_files = settings.flow_every > 0 && frame % settings.flow_every == 0;
  gpointer state = nullptr;
  while (GstCustomMeta* meta = gst_buffer_iterate_torch_flow_meta(buffer, &state)) {
    GstTorchFlow flow;
    if (!gst_torch_flow_meta_read(meta, &flow)) continue;
    if (with_files && flow.flow) {
      job.flows.push_back({job.record.flow.size(),
                           Ref<GstBuffer>::share(flow.flow),
                           {flow.grid_width, flow.grid_height, flow.format}});
    }
    job.record.flow.push_back(flow_record(flow));
  }
  return job;
}

void AnalysisWriter::run(ResultsFolder folder) {
  auto done = write_all(folder);
  const auto closed = folder.close();  // after a failure too: earlier records may still be waiting
  if (done) done = closed;
  // Before the stream stops: whoever sees it stop finds the reason on the bus already.
  if (!done) post_error(element_, done.error());
}

Result<void> AnalysisWriter::write_all(ResultsFolder& folder) {
  while (auto job = queue_.pop()) {
    if (auto done = write(folder, *job); !done) return done;
    // Readers that follow the file see it up to date whenever there is nothing else to do.
    if (queue_.size() == 0) {
      if (auto done = folder.flush(); !done) return done;
    }
    count(folder, job->record);
  }
  return {};
}

Result<void> AnalysisWriter::write(ResultsFolder& folder, Job& job) {
  for (const FlowJob& flow : job.flows) {
    if (auto done = write_flow(folder, flow, job.record); !done) return done;
  }
  return folder.write_line(job.record);
}

Result<void> AnalysisWriter::write_flow(ResultsFolder& folder, const FlowJob& job,
                                        FrameRecord& record) {
  const auto mapped = MappedFlow::create(job.buffer.get(), job.grid);
  if (!mapped) {
    warn_once(mapped.error().message);
    return {};
  }
  const std::string file =
      ResultsFolder::flow_file_name(record.frame, static_cast<unsigned>(job.number));
  auto done = folder.write_flow(file, mapped->view());
  if (done) record.flow[job.number].file = file;
  return done;
}

void AnalysisWriter::count(const ResultsFolder& folder, const FrameRecord& record) {
  const std::lock_guard lock(mutex_);
  stats_.records++;
  stats_.bytes = folder.bytes_written();
  for (const FlowRecord& flow : record.flow) stats_.flow_files += !flow.file.empty();
}

void AnalysisWriter::warn_once(const std::string& reason) {
  if (std::exchange(has_warned_, true)) return;
  GST_ELEMENT_WARNING(element_, STREAM, FORMAT,
                      ("Some flow is not written to a file: %s.", reason.c_str()),
                      ("The frames' records say which: they name no file."));
}

}  // namespace gsttorch
