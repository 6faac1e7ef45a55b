// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// An analyser as a whole: what it lends its analysis, its states and pads.
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
  needs_restart_ = true;  // until that has worked
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

// What is under way is void from here on; nobody waits for it.
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
  GST_PAD_STREAM_LOCK(pads_.sink);  // upstream's thread has left
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
  reported_ = false;  // what fails after the next start is news
  analysis_->reset();
  return stopped;
}

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
