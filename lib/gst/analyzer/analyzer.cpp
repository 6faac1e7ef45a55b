// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// An analyser as a whole: what it lends its analysis, its states and pads.
#include "lib/gst/analyzer/analyzer.h"

#include <cstdlib>
#include <utility>

#include "lib/gst/cuda_context.h"
#include "lib/gst/debug.h"
#include "lib/gst/gsttorchruntime-private.h"
#include "lib/gst/runtime/frame_table.h"
#include "lib/gst/runtime/runtime.h"
#include "lib/gst/util/boundary.h"

namespace gsttorch {

Analyzer::Analyzer(GstElement* element, AnalyzerPads pads)
    : element_(element),
      pads_(pads),
      runtime_(Runtime::instance()),
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

Models& Analyzer::models() { return runtime_; }

std::size_t Analyzer::memory_limit() const {
  const guint64 own = settings().memory_limit;
  return own > 0 ? own : runtime_.memory_limit();
}

std::size_t Analyzer::available_memory(std::size_t held) const {
  const guint64 own = settings().memory_limit;
  return own > 0 ? own : runtime_.available_memory(held);
}

Ref<GstContext> Analyzer::cuda_context() const {
  const std::lock_guard lock(mutex_);
  return shared_.cuda_context;
}

// Elements that work with CUDA are to use the context that LibTorch uses. Where there is none the
// load of the model fails or takes the CPU, so there is nothing to be said here.
void Analyzer::share_cuda(const std::string& device) {
  if (!device.starts_with("cuda") || cuda_context()) return;
  const std::size_t colon = device.find(':');
  const int index = colon == std::string::npos ? 0 : std::atoi(device.c_str() + colon + 1);
  auto context = gsttorch::cuda_context(index);
  if (!context) {
    GST_INFO_OBJECT(element_, "no CUDA context to share: %s", context.error().message.c_str());
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    shared_.cuda_context = *context;
  }
  share_cuda_context(element_, context->get());
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

// --- states

Result<void> Analyzer::start() {
  reported_ = false;
  has_new_model_settings_ = false;
  if (auto started = analysis_->start(); !started) return started;
  runtime_.add_analyzer();
  {
    const std::lock_guard lock(mutex_);
    shared_.workers.clear();
    shared_.frame_table = frame_table_of(element_);
  }
  share_cuda(settings().device);
  return {};
}

Result<void> Analyzer::prepare() {
  if (!has_new_model_settings_.exchange(false)) return {};
  GST_DEBUG_OBJECT(element_, "the model's settings were changed in READY: loading it again");
  analysis_->stop();
  {
    const std::lock_guard lock(mutex_);
    shared_.device.clear();
    shared_.cuda_context = {};
  }
  has_new_model_settings_ = true;  // until that has worked
  if (auto started = analysis_->start(); !started) return started;
  has_new_model_settings_ = false;
  share_cuda(settings().device);
  return {};
}

void Analyzer::stop() {
  runtime_.remove_analyzer();
  output_.input_allocator = {};
  {
    const std::lock_guard lock(mutex_);
    shared_.device.clear();
    shared_.cuda_context = {};
    shared_.frame_table = {};
    shared_.counts = AnalyzerCounts();
    shared_.work_time = LatencyEstimate();
    shared_.notices = Notices();
    shared_.is_live = false;
  }
  analysis_->stop();  // last: whatever it throws, all else is done
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
    if (shared_.frame_table) shared_.frame_table->add_analyzer();
  }
  open();
  if (analysis_thread_.task.start() && start_task()) return true;
  deactivate_src();
  return false;
}

bool Analyzer::deactivate_src() {
  close();
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(shared_.is_active, false) && shared_.frame_table)
      shared_.frame_table->remove_analyzer();
  }
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
