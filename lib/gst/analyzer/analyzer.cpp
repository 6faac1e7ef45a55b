// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// An analyser as a whole: what it offers to its analysis, its states and pads.
//
// The life of a buffer, from `chain` to gst_pad_push:
//
// 1. Upstream's thread: `chain` describes the frame (`make_frame`), waits while the queue is full
//    (`has_space`) and appends it to shared_.queue, state Waiting. Serialized events and queries
//    are appended likewise (`queue_event`, `sink_query`).
// 2. The analysis task: `find_task` collects the Waiting frames up to the first Barrier, and
//    `begin_task` takes them once the batch is full or its time is over: state Running. `analyze`
//    has a worker process copies of them (`run`), and `store_results` puts the results into the
//    frames: state Undecided.
// 3. `settle` makes each frame Ready whose result is decided. With look-ahead that is not at once:
//    later frames decide it, or `decide_until` when there is no time left, or `decide_all` at a
//    barrier (EOS, another stream).
// 4. The source pad's task: `wait_for_output` takes the first item of the queue once it may leave
//    (`pop_ready_item`). `push_frame` has the analysis publish the frame, and pushes it. Events are
//    pushed and queries answered when they are first, so that the order is exact.
//
// Live deadline: if upstream is live (`keeps_time`), each frame has a `due_time`. A frame that is
// not Ready by then is pushed without a result (`must_leave`); if a worker processes it, it becomes
// Gone and its result is dropped. Frames that waited too long are not analysed (`skip_late`).
//
// Flush: `close` starts another epoch, requests the stop of the inference, and wakes everybody, but
// waits for no inference. That is safe because the worker has copies of the frames, and because
// `settle` ignores results of an older epoch.
#include "lib/gst/analyzer/analyzer.h"

#include <utility>

#include "lib/gst/debug.h"
#include "lib/gst/util/boundary.h"

namespace gsttorch {

Analyzer::Analyzer(GstElement* element, AnalyzerPads pads)
    : element_(element),
      pads_(pads),
      analysis_thread_{.task{pads.src, element, [this] { analyze_next(); }},
                       .alarm = ClockAlarm([this] { wake(); })},
      output_{.alarm = ClockAlarm([this] { wake(); })} {
  shared_.clock = Ref<GstClock>::adopt(gst_system_clock_obtain());
  gst_segment_init(&entry_.segment, GST_FORMAT_UNDEFINED);
}

Analyzer::~Analyzer() { clear_queue(); }

AnalyzerSettings Analyzer::settings() const {
  const std::lock_guard lock(settings_mutex_);
  return settings_;
}

void Analyzer::log(const std::string& text) const {
  GST_DEBUG_OBJECT(element_, "%s", text.c_str());
}

void Analyzer::report(const Error& error) {
  if (error.code != ErrorCode::Cancelled && !reported_.exchange(true)) post_error(element_, error);
}

AnalyzerCounts Analyzer::counts() const {
  const std::lock_guard lock(mutex_);
  return shared_.counts;
}

void Analyzer::add_stats(GstStructure* stats) const { analysis_->add_stats(stats); }

bool Analyzer::is_live() const {
  const std::lock_guard lock(mutex_);
  return shared_.is_live;
}

std::stop_token Analyzer::stop_token() const {
  const std::lock_guard lock(mutex_);
  return shared_.stop.get_token();
}

bool Analyzer::run(std::function<void()> work) {
  JobOptions options;
  {
    const std::lock_guard lock(mutex_);
    options.priority = shared_.is_live ? JobPriority::Live : JobPriority::Batch;
    options.stop = shared_.stop.get_token();
  }
  return run_work(std::move(work), options);
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): overrides move it
bool Analyzer::run_work(std::function<void()> work, const JobOptions& options) {
  if (options.stop.stop_requested()) return false;
  work();
  return true;
}

// --- states

Result<void> Analyzer::start() {
  reported_ = false;
  needs_restart_ = false;
  return analysis_->start();
}

Result<void> Analyzer::prepare() {
  if (!needs_restart_.exchange(false)) return {};
  GST_DEBUG_OBJECT(element_, "settings of the start were changed in READY: starts again");
  needs_restart_ = true;  // unless the restart succeeds; it may also throw
  if (auto started = restart(); !started) return started;
  needs_restart_ = false;
  return {};
}

Result<void> Analyzer::restart() {
  analysis_->stop();
  analysis_thread_.is_ready = false;
  return analysis_->start();
}

void Analyzer::stop() {
  analysis_thread_.is_ready = false;
  {
    const std::lock_guard lock(mutex_);
    shared_.counts = AnalyzerCounts();
    shared_.work_time = LatencyEstimate();
    shared_.notices = Notices();
    shared_.is_live = false;
  }
  analysis_->stop();  // last: it may throw, and all else must be done by then
}

// --- pads

void Analyzer::open() {
  const std::lock_guard lock(mutex_);
  reopen();
}

void Analyzer::reopen() {
  shared_.flow = GST_FLOW_OK;
  shared_.is_eos = shared_.refuses_frames = shared_.has_sent_eos = false;
  shared_.stop = std::stop_source();
  changed_.notify_all();
}

// Ends the epoch: work in progress is void from here on, and nobody waits for it. All is set before
// the wake-up, under the lock, so that a thread which wakes sees it and leaves. request_stop()
// wakes those that wait for a worker or a file; none of them locks mutex_ in a stop callback.
void Analyzer::close() {
  const std::lock_guard lock(mutex_);
  shared_.flow = GST_FLOW_FLUSHING;
  shared_.epoch++;
  shared_.stop.request_stop();
  changed_.notify_all();
}

void Analyzer::activate_sink(bool active) {
  if (active) {
    open();
    return;
  }
  close();
  // After `close` upstream's thread leaves `chain` soon. With its lock nobody else uses entry_.
  GST_PAD_STREAM_LOCK(pads_.sink);
  clear_queue();
  entry_ = Entry();
  gst_segment_init(&entry_.segment, GST_FORMAT_UNDEFINED);
  GST_PAD_STREAM_UNLOCK(pads_.sink);
}

bool Analyzer::activate_src(bool active) {
  if (!active) return deactivate_src();
  {
    const std::lock_guard lock(mutex_);
    shared_.is_ending = false;
    shared_.is_active = true;
    shared_.notices = Notices();
  }
  set_active(true);
  open();
  if (analysis_thread_.task.start() && start_task()) return true;
  deactivate_src();
  return false;
}

// The tasks are joined without mutex_, which they need in order to return. The alarms are cancelled
// after that, because a task may set its own until it ends. The queue is cleared after
// both, which use it.
bool Analyzer::deactivate_src() {
  close();
  bool was_active = false;
  {
    const std::lock_guard lock(mutex_);
    was_active = std::exchange(shared_.is_active, false);
  }
  if (was_active) set_active(false);
  const bool stopped = gst_pad_stop_task(pads_.src);
  end_analysis_task();
  output_.alarm.cancel();
  analysis_thread_.alarm.cancel();
  clear_queue();
  output_.drops_frames = false;
  ask_latency_ = true;
  reported_ = false;  // an error after the next start is a new one
  analysis_->reset();
  return stopped;
}

// First stop the GstTask, then wake it: the other way round it would call `analyze_next` again and
// again until the stop.
void Analyzer::end_analysis_task() {
  analysis_thread_.task.stop();
  {
    const std::lock_guard lock(mutex_);
    shared_.is_ending = true;
    changed_.notify_all();
  }
  analysis_thread_.task.join();
}

void Analyzer::wake() {
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

}  // namespace gsttorch
