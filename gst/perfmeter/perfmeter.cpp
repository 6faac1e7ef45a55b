// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/perfmeter/perfmeter.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <system_error>
#include <utility>

#include <gst/video/video.h>

#include "gst/perfmeter/debug.h"
#include "gst/perfmeter/element_reports.h"
#include "gst/perfmeter/structure.h"
#include "lib/gst/util/boundary.h"
#include "lib/gst/util/segment_time.h"
#include "lib/gst/util/upstream_latency.h"

namespace gsttorch {
namespace {

constexpr std::uint64_t kSamplePeriod = 5'000'000;  // ns
constexpr std::uint64_t kLongestSleep = 1'000'000'000;

std::string name_of(GstElement* element) {
  gchar* name = gst_object_get_name(GST_OBJECT(element));
  std::string text = name;
  g_free(name);
  return text;
}

PerfRecord to_record(const GpuUsage& gpu) {
  PerfRecord record{{"index", gpu.index}};
  if (!gpu.name.empty()) record["name"] = gpu.name;
  if (gpu.utilization_percent) record["utilization_percent"] = *gpu.utilization_percent;
  if (gpu.memory_used) record["memory_used"] = *gpu.memory_used;
  if (gpu.memory_total) record["memory_total"] = *gpu.memory_total;
  if (gpu.power_watts) record["power_watts"] = *gpu.power_watts;
  return record;
}

}  // namespace

PerfMeterSettings PerfMeter::settings() const {
  const std::lock_guard lock(mutex_);
  return settings_;
}

GstStructure* PerfMeter::stats() const {
  return to_structure("application/x-gsttorch-stats", make_record(Reason::Asked));
}

UsageReading PerfMeter::read_usage() const {
  UsageReading look;
  look.process = read_process_usage();
  look.system = read_system_usage();
  look.time = monotonic_now();
  return look;
}

Result<void> PerfMeter::start() {
  const PerfMeterSettings settings = this->settings();
  if (auto opened = output_.open(settings.output, settings.output_location); !opened) return opened;
  auto frames = open_frames(settings.frames_location);
  if (!frames) {
    output_.close();
    return frames.error();
  }
  Run run;
  run.frames = std::move(frames).value();
  run.watch = start_watch(settings, run.frames);
  GST_DEBUG_OBJECT(element_, "starts: every %" GST_TIME_FORMAT ", %s",
                   GST_TIME_ARGS(settings.interval),
                   run.watch ? "with the elements of the bin" : "without the elements around it");
  start_session(run);
  return start_thread();
}

void PerfMeter::start_session(const Run& run) {
  const UsageReading usage = read_usage();
  stream_run_ = run;
  is_live_.reset();
  const std::lock_guard lock(mutex_);
  session_ = {};
  session_.started = monotonic_now();
  session_.usage_at_start = session_.usage_at_report = usage;
  run_ = run;
  is_running_ = true;
  has_reported_end_ = false;
  is_ended_ = false;
}

Result<void> PerfMeter::start_thread() {
  try {
    thread_ = std::thread([this] { guarded(element_, false, [this] { return run(), true; }); });
  } catch (const std::system_error& failure) {
    stop();
    return Error{ErrorCode::Failed, std::string("cannot start a thread: ") + failure.what()};
  }
  return {};
}

Result<std::shared_ptr<FrameTimes>> PerfMeter::open_frames(const std::string& location) {
  if (location.empty()) return std::shared_ptr<FrameTimes>();
  auto file = OutputFile::create(location);
  if (!file) return file.error();
  const std::lock_guard lock(frames_mutex_);
  frames_file_ = std::move(file).value();
  return std::make_shared<FrameTimes>();
}

std::shared_ptr<PipelineWatch> PerfMeter::start_watch(const PerfMeterSettings& settings,
                                                      const std::shared_ptr<FrameTimes>& frames) {
  const bool is_wanted =
      (settings.measure & kMeasurePipeline) || frames || settings.progress != ProgressOutput::None;
  const auto parent = Ref<GstObject>::adopt(gst_element_get_parent(element_));
  if (!is_wanted || !parent || !GST_IS_BIN(parent.get())) return nullptr;
  return PipelineWatch::attach(GST_BIN(parent.get()), frames);
}

PerfMeter::Run PerfMeter::current() const {
  const std::lock_guard lock(mutex_);
  return run_;
}

void PerfMeter::stop() {
  bool had_reported = true;
  {
    const std::lock_guard lock(mutex_);
    if (!is_running_) return;
    is_running_ = false;
    had_reported = std::exchange(has_reported_end_, true);
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  if (!had_reported && current().point->buffers() > 0) report(Reason::Stop);
  write_frames();
  std::shared_ptr<PipelineWatch> watch;
  {
    const std::lock_guard lock(mutex_);
    watch = std::exchange(run_.watch, nullptr);
    run_.frames.reset();
  }
  if (watch) watch->detach();
  GST_DEBUG_OBJECT(element_, "stopped after %" G_GUINT64_FORMAT " buffers",
                   current().point->buffers());
  output_.close();
  const std::lock_guard frames_lock(frames_mutex_);
  frames_file_.reset();
  const std::lock_guard progress_lock(progress_mutex_);
  progress_line_.reset();
}

void PerfMeter::set_playing(bool is_playing) {
  playing_since_ = monotonic_now();
  is_playing_ = is_playing;
}

void PerfMeter::set_caps(GstCaps* caps) {
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  const std::string_view media = gst_structure_get_name(structure);
  GST_DEBUG_OBJECT(element_, "caps: %" GST_PTR_FORMAT, caps);
  counts_frames_ = media.starts_with("video/") || media.starts_with("image/");
  frame_size_ = 0;
  GstVideoInfo info;
  if (media == "video/x-raw" && gst_video_info_from_caps(&info, caps)) {
    frame_size_ = GST_VIDEO_INFO_SIZE(&info);
  }
}

bool PerfMeter::asks_live() {
  GstPad* sink = GST_PAD(GST_ELEMENT(element_)->sinkpads->data);
  return query_upstream_latency(sink).value_or(UpstreamLatency()).is_live;
}

std::optional<std::uint64_t> PerfMeter::behind_clock(GstBuffer* buffer, const GstSegment& segment) {
  if (!is_live_) is_live_ = asks_live();
  if (!*is_live_ || !is_playing_.load(std::memory_order_relaxed)) return std::nullopt;
  if (!GST_BUFFER_PTS_IS_VALID(buffer)) return std::nullopt;
  const GstClockTime running = running_time(segment, GST_BUFFER_PTS(buffer));
  const auto clock = Ref<GstClock>::adopt(gst_element_get_clock(element_));
  if (!clock || running == GST_CLOCK_TIME_NONE) return std::nullopt;
  const GstClockTime now = gst_clock_get_time(clock.get());
  const GstClockTime due = gst_element_get_base_time(element_) + running;
  return now > due ? now - due : 0;
}

void PerfMeter::take(GstBuffer* buffer, const GstSegment& segment) {
  StreamPoint::Arrival arrival;
  arrival.buffer = buffer;
  arrival.size = frame_size_ ? frame_size_ : gst_buffer_get_size(buffer);
  arrival.counts_frames = counts_frames_;
  arrival.behind_clock_ns = behind_clock(buffer, segment);
  const auto& [point, place, frames, watch] = stream_run_;
  point->take(arrival);
  place->note(segment, buffer);
  if (frames && GST_BUFFER_PTS_IS_VALID(buffer)) {
    frames->pass(point->buffers() - 1, GST_BUFFER_PTS(buffer));
  }
  GST_LOG_OBJECT(element_, "buffer %" G_GUINT64_FORMAT ": %" GST_PTR_FORMAT, point->buffers() - 1,
                 buffer);
  if (is_ended_.load(std::memory_order_relaxed)) resume_after_end();
}

// Another stream after the end of one has its own end, which is reported again.
void PerfMeter::resume_after_end() {
  is_ended_ = false;
  const std::lock_guard lock(mutex_);
  has_reported_end_ = false;
}

void PerfMeter::restart_stream() {
  stream_run_.point->restart_places();
  stream_run_.place->restart();
  is_live_.reset();
}

void PerfMeter::skip_gap() { stream_run_.point->restart_places(); }

void PerfMeter::end_stream() {
  if (is_ended_.exchange(true)) return;
  {
    const std::lock_guard lock(mutex_);
    has_reported_end_ = true;
  }
  report(Reason::Eos);
}

void PerfMeter::open_nvml() {
  auto nvml = Nvml::load();
  const PerfMeterSettings settings = this->settings();
  if (nvml) {
    const std::lock_guard lock(mutex_);
    nvml_ = std::make_shared<Nvml>(std::move(nvml).value());
  } else if (settings.is_measure_set) {
    GST_ELEMENT_WARNING(element_, RESOURCE, NOT_FOUND,
                        ("Cannot measure GPUs: %s.", nvml.error().message.c_str()), (nullptr));
  } else {
    GST_INFO_OBJECT(element_, "no GPU figures: %s", nvml.error().message.c_str());
  }
}

void PerfMeter::run() {
  const PerfMeterSettings settings = this->settings();
  if (settings.measure & kMeasureGpu) open_nvml();
  if (settings.interval == 0)
    GST_INFO_OBJECT(element_, "interval is 0: the only report comes at the end");
  std::uint64_t last_report = monotonic_now();
  std::unique_lock lock(mutex_);
  while (is_running_) {
    const std::uint64_t interval = settings_.interval;
    const std::uint64_t now = monotonic_now();
    const std::uint64_t due = interval ? last_report + interval : now + kLongestSleep;
    lock.unlock();
    look(now);
    if (interval && now >= due) {
      // Reports on a grid, so that their cost does not add up; skipped reports are not made up for.
      last_report = now - due < interval ? due : now;
      report(Reason::Interval);
    }
    lock.lock();
    const std::uint64_t next = next_look(now, interval ? last_report + interval : due);
    if (is_running_) wake_.wait_for(lock, std::chrono::nanoseconds(next));
  }
}

std::uint64_t PerfMeter::next_look(std::uint64_t now, std::uint64_t next_report) const {
  std::uint64_t pause = next_report > now ? next_report - now : 0;
  if (settings_.stall_timeout) {
    const std::uint64_t quarter = std::max<std::uint64_t>(settings_.stall_timeout / 4, 1'000'000);
    pause = std::min(pause, quarter);
  }
  pause = std::min(pause, kLongestSleep);
  return run_.watch ? std::min(pause, kSamplePeriod) : pause;
}

void PerfMeter::write_frames() {
  const auto frames = current().frames;
  if (!frames) return;
  std::string lines;
  for (const FrameTimes::Frame& frame : frames->remove_passed()) lines += to_json_line(frame);
  if (lines.empty()) return;
  Result<void> written;
  {
    const std::lock_guard lock(frames_mutex_);
    if (frames_file_) written = frames_file_->write(lines.data(), lines.size());
  }
  if (!written) warn_of_writing(written.error());
}

ProgressState PerfMeter::progress_state() const {
  const Run run = current();
  ProgressState state{run.point->buffers(), {}, run.point->seconds()};
  run.place->add_share(state, GST_PAD(GST_ELEMENT(element_)->sinkpads->data));
  if (run.watch) state.stages = run.watch->stages();
  return state;
}

void PerfMeter::report_progress(Reason reason, const PerfMeterSettings& settings) {
  if (settings.progress == ProgressOutput::None) return;
  const Run run = current();
  if (run.point->buffers() == 0) return;
  ProgressState state = progress_state();
  if (reason == Reason::Eos && state.share) state.share = 1;  // even if a header announced more
  PerfRecord record = to_record(state, run.place->position());
  record["source"] = name_of(element_);
  gst_element_post_message(
      element_, gst_message_new_element(GST_OBJECT(element_), to_structure("progress", record)));
  if (settings.progress != ProgressOutput::Line) return;
  const std::lock_guard lock(progress_mutex_);
  if (!progress_line_) progress_line_.emplace();
  is_last(reason) ? progress_line_->finish(state) : progress_line_->show(state);
}

void PerfMeter::look(std::uint64_t now) {
  write_frames();
  if (!is_playing_ || is_ended_) return;
  if (const auto watch = current().watch) watch->sample();
  look_for_stall(now);
}

void PerfMeter::look_for_stall(std::uint64_t now) {
  const std::uint64_t since = std::max(current().point->last_at(), playing_since_.load());
  bool is_new = false;
  {
    const std::lock_guard lock(mutex_);
    const std::uint64_t timeout = settings_.stall_timeout;
    const bool was_stalled = session_.is_stalled;
    session_.is_stalled = timeout && now > since && now - since >= timeout;
    is_new = session_.is_stalled && !was_stalled;
    if (is_new) session_.stalls++;
  }
  if (is_new) report(Reason::Stall);
}

void PerfMeter::add_rates(PerfRecord& record, const Session& session) {
  if (session.rate.now()) record["rate_now"] = *session.rate.now();
  if (session.rate.minimum()) record["rate_minimum"] = *session.rate.minimum();
  if (session.byte_rate.now()) record["bytes_per_second"] = *session.byte_rate.now();
}

void PerfMeter::add_session(PerfRecord& record, Reason reason, std::uint64_t now) const {
  Session session;
  Run run;
  guint measure = 0;
  {
    const std::lock_guard lock(mutex_);
    session = session_;
    run = run_;
    measure = settings_.measure;
  }
  if (session.started == 0) return;
  record["elapsed"] = std::max(now, session.started) - session.started;
  run.point->add_to(record, session.started);
  add_rates(record, session);
  record["stalls"] = session.stalls;
  if (session.is_stalled) {
    const std::uint64_t since = std::max(run.point->last_at(), playing_since_.load());
    record["stalled_for"] = std::max(now, since) - since;
  }
  if (!(measure & kMeasureProcess)) return;
  add_usage(record, is_last(reason) ? session.usage_at_start : session.usage_at_report,
            read_usage());
}

void PerfMeter::add_gpus(PerfRecord& record) const {
  std::shared_ptr<Nvml> nvml;
  {
    const std::lock_guard lock(mutex_);
    nvml = nvml_;
  }
  if (!nvml) return;
  PerfRecord gpus = PerfRecord::array();
  for (const GpuUsage& gpu : nvml->usage()) gpus.push_back(to_record(gpu));
  if (!gpus.empty()) record["gpu"] = std::move(gpus);
}

PerfRecord PerfMeter::make_record(Reason reason) const {
  static constexpr const char* kReasons[] = {"asked", "interval", "stall", "eos", "stop"};
  PerfRecord record{{"source", name_of(element_)}, {"reason", kReasons[static_cast<int>(reason)]}};
  add_session(record, reason, monotonic_now());
  const PerfMeterSettings settings = this->settings();
  if (settings.measure & kMeasureGpu) add_gpus(record);
  const auto watch = current().watch;
  if (watch && (settings.measure & kMeasurePipeline)) watch->add_to(record);
  if (settings.measure & kMeasureReports) {
    add_element_reports(record, element_);
    blame_slowest_model(record);
  }
  return record;
}

void PerfMeter::report(Reason reason) {
  const auto point = current().point;
  if (reason == Reason::Interval && point->buffers() > 0) {
    const std::lock_guard lock(mutex_);
    const std::uint64_t now = monotonic_now();
    session_.rate.look(point->buffers(), now);
    session_.byte_rate.look(point->bytes(), now);
  }
  const PerfRecord record = make_record(reason);
  GST_DEBUG_OBJECT(element_, "reports (%s) after %" G_GUINT64_FORMAT " buffers",
                   record["reason"].get_ref<const std::string&>().c_str(), point->buffers());
  report_progress(reason, settings());
  if (reason == Reason::Interval) {
    const auto usage = read_usage();
    const std::lock_guard lock(mutex_);
    session_.usage_at_report = usage;
  }
  gst_element_post_message(
      element_, gst_message_new_element(GST_OBJECT(element_), to_structure("perfmeter", record)));
  const auto written =
      output_.write(record, is_last(reason) ? ReportKind::Last : ReportKind::Running);
  if (!written) warn_of_writing(written.error());
}

void PerfMeter::warn_of_writing(const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(has_warned_, true)) return;
  }
  GST_ELEMENT_WARNING(element_, RESOURCE, WRITE, ("%s", error.message.c_str()), (nullptr));
}

}  // namespace gsttorch
