// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Upstream's side of an analyser: what comes in is queued. analyzer_task.cpp takes it out.
#include "lib/gst/analyzer/analyzer.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "lib/gst/analyzer/debug.h"
#include "lib/gst/boundary.h"
#include "lib/gst/cuda_context.h"
#include "lib/gst/runtime/runtime.h"

namespace gsttorch {
namespace {

// GStreamer's own macros combine enumerations in a way that C++20 warns about.
bool is_serialized(GstEventType type) {
  return gst_event_type_get_flags(type) & GST_EVENT_TYPE_SERIALIZED;
}
bool is_sticky(GstEventType type) { return gst_event_type_get_flags(type) & GST_EVENT_TYPE_STICKY; }
bool is_serialized(GstQueryType type) {
  return gst_query_type_get_flags(type) & GST_QUERY_TYPE_SERIALIZED;
}

// Upstream's pool must always have so many frames to work with.
constexpr guint kLeftToUpstream = 2;

guint pool_size(GstBuffer* buffer) {
  if (!buffer->pool) return 0;
  GstStructure* config = gst_buffer_pool_get_config(buffer->pool);
  guint most = 0;
  gst_buffer_pool_config_get_params(config, nullptr, nullptr, nullptr, &most);
  gst_structure_free(config);
  return most;
}

}  // namespace

Analyzer::Analyzer(GstElement* element, AnalyzerPads pads)
    : element_(element), pads_(pads), runtime_(Runtime::instance()) {
  gst_segment_init(&segment_, GST_FORMAT_UNDEFINED);
}

Analyzer::~Analyzer() { clear_queue(); }

AnalyzerSettings Analyzer::settings() const {
  const std::lock_guard lock(settings_mutex_);
  return settings_;
}

Models& Analyzer::models() { return runtime_; }

std::size_t Analyzer::available_memory() const {
  const guint64 own = settings().memory_limit;
  return own > 0 ? own : runtime_.available_memory();
}

Ref<GstContext> Analyzer::cuda_context() const {
  const std::lock_guard lock(mutex_);
  return cuda_context_;
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
    cuda_context_ = *context;
  }
  share_cuda_context(element_, context->get());
}

void Analyzer::report(const Error& error) {
  if (error.code != ErrorCode::Cancelled && !reported_.exchange(true)) post_error(element_, error);
}

AnalyzerCounts Analyzer::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

Result<void> Analyzer::start() {
  reported_ = false;
  if (auto started = analysis_->start(); !started) return started;
  runtime_.add_analyzer();
  share_cuda(settings().device);
  return {};
}

void Analyzer::stop() {
  runtime_.remove_analyzer();
  device_.clear();
  input_allocator_ = {};
  {
    const std::lock_guard lock(mutex_);
    cuda_context_ = {};
    counts_ = AnalyzerCounts();
    work_ = LatencyEstimate();
  }
  analysis_->stop();  // last: whatever it throws, all else is done
}

// --- pads

void Analyzer::open() {
  const std::lock_guard lock(mutex_);
  flow_ = GST_FLOW_OK;
  eos_ = refuses_frames_ = false;
  stop_ = std::stop_source();
}

void Analyzer::close() {
  const std::lock_guard lock(mutex_);
  flow_ = GST_FLOW_FLUSHING;
  stop_.request_stop();
  changed_.notify_all();
}

void Analyzer::forget_stream() {
  clear_queue();
  held_.clear();
  held_frames_ = 0;
  undecided_ = 0;
  drops_frames_ = false;
  gst_segment_init(&segment_, GST_FORMAT_UNDEFINED);
  reset_stream();
}

void Analyzer::activate_sink(bool active) {
  if (active) {
    open();
    return;
  }
  close();
  GST_PAD_STREAM_LOCK(pads_.sink);  // upstream's thread has left
  clear_queue();
  GST_PAD_STREAM_UNLOCK(pads_.sink);
}

bool Analyzer::activate_src(bool active) {
  if (active) {
    open();
    return start_task();
  }
  close();
  const bool stopped = gst_pad_stop_task(pads_.src);
  has_info_ = false;
  forget_stream();
  return stopped;
}

// --- the sink pad

bool Analyzer::wait_for_space(std::unique_lock<std::mutex>& lock) {
  const guint capacity = settings().batch_size;
  changed_.wait(lock, [&] { return flow_ != GST_FLOW_OK || waiting_frames_ < capacity; });
  return flow_ == GST_FLOW_OK;
}

// A source that has few buffers (a V4L2 camera 32 at most) would wait for those that wait here.
Ref<GstBuffer> Analyzer::own_copy_if_scarce(Ref<GstBuffer> buffer) {
  const guint size = pool_size(buffer.get());
  if (size == 0) return buffer;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_frames_ + held_frames_ + kLeftToUpstream < size) return buffer;
  }
  auto copy = Ref<GstBuffer>::adopt(gst_buffer_copy_deep(buffer.get()));
  if (!copy) throw std::bad_alloc();
  const std::lock_guard lock(mutex_);
  counts_.copied++;
  return copy;
}

GstFlowReturn Analyzer::chain(Ref<GstBuffer> buffer) {
  buffer = own_copy_if_scarce(std::move(buffer));
  std::unique_lock lock(mutex_);
  if (!wait_for_space(lock)) return flow_;
  if (eos_ || refuses_frames_) return GST_FLOW_EOS;
  waiting_.push_back(WaitingFrame{std::move(buffer), Clock::now()});
  waiting_frames_++;
  counts_.frames++;
  changed_.notify_all();
  return GST_FLOW_OK;
}

GstFlowReturn Analyzer::sink_event(GstEvent* given) {
  auto event = Ref<GstEvent>::adopt(given);
  switch (GST_EVENT_TYPE(given)) {
    case GST_EVENT_FLUSH_START:
      gst_pad_push_event(pads_.src, event.release());
      close();
      gst_pad_pause_task(pads_.src);
      runtime_.drop_buffers();
      return GST_FLOW_OK;
    case GST_EVENT_FLUSH_STOP:
      gst_pad_push_event(pads_.src, event.release());
      forget_stream();
      if (!device_.empty()) reported_ = false;  // what fails after this is news
      // A caps event may have been among what was dropped.
      if (auto caps = Ref<GstCaps>::adopt(gst_pad_get_current_caps(pads_.sink))) {
        use_caps(caps.get());
      }
      if (GST_PAD_MODE(pads_.src) == GST_PAD_MODE_PUSH) {
        open();
        start_task();
      }
      return GST_FLOW_OK;
    default:
      break;
  }
  if (!is_serialized(GST_EVENT_TYPE(given))) {
    gst_pad_push_event(pads_.src, event.release());
    return GST_FLOW_OK;
  }
  return queue_event(std::move(event));
}

GstFlowReturn Analyzer::queue_event(Ref<GstEvent> event) {
  const std::lock_guard lock(mutex_);
  if (flow_ != GST_FLOW_OK) return flow_;
  switch (GST_EVENT_TYPE(event.get())) {
    case GST_EVENT_STREAM_START:
      eos_ = refuses_frames_ = false;
      break;
    case GST_EVENT_SEGMENT:
      refuses_frames_ = false;
      break;
    case GST_EVENT_EOS:
      eos_ = true;
      break;
    default:
      if (eos_) return GST_FLOW_EOS;
  }
  waiting_.push_back(std::move(event));
  changed_.notify_all();
  return GST_FLOW_OK;
}

// Serialized queries wait for their turn, and for the answer.
bool Analyzer::sink_query(GstQuery* query) {
  if (!is_serialized(GST_QUERY_TYPE(query))) {
    return gst_pad_query_default(pads_.sink, GST_OBJECT_CAST(element_), query);
  }
  std::unique_lock lock(mutex_);
  if (flow_ != GST_FLOW_OK) return false;
  waiting_.push_back(query);
  answered_ = nullptr;
  changed_.notify_all();
  changed_.wait(
      lock, [&] { return answered_ == query || (flow_ != GST_FLOW_OK && answering_ != query); });
  std::erase_if(waiting_, [query](const Item& item) {
    const auto* other = std::get_if<GstQuery*>(&item);
    return other && *other == query;
  });
  return answered_ == query && answer_;
}

// --- the source pad

bool Analyzer::src_event(GstEvent* event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_LATENCY) ask_latency_ = true;
  if (GST_EVENT_TYPE(event) == GST_EVENT_RECONFIGURE) {
    // Whoever was linked now asks so: what is not linked is over. Under the lock, or the task could
    // be started after the pad was deactivated, or before `stop_on` pauses it.
    const std::lock_guard lock(mutex_);
    if (flow_ == GST_FLOW_NOT_LINKED) {
      flow_ = GST_FLOW_OK;
      start_task();
    }
  }
  return gst_pad_event_default(pads_.src, GST_OBJECT_CAST(element_), event);
}

bool Analyzer::src_query(GstQuery* query) {
  if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY) {
    return gst_pad_query_default(pads_.src, GST_OBJECT_CAST(element_), query);
  }
  if (!gst_pad_peer_query(pads_.sink, query)) return false;
  gboolean live = FALSE;
  GstClockTime min = 0, max = 0;
  gst_query_parse_latency(query, &live, &min, &max);
  const OwnLatency own = own_latency();
  min += own.min;
  if (GST_CLOCK_TIME_IS_VALID(max)) max += own.max;
  gst_query_set_latency(query, live, min, max);
  return true;
}

// --- latency

OwnLatency Analyzer::own_latency() const {
  const AnalyzerSettings settings = this->settings();
  const std::lock_guard lock(mutex_);
  const bool known = GST_CLOCK_TIME_IS_VALID(frame_duration_);
  // At an unknown rate the batch timeout is the longest that a frame may come after another.
  const GstClockTime step = known ? frame_duration_ : settings.batch_timeout;
  GstClockTime wait = (settings.batch_size - 1) * step;
  if (wait > settings.batch_timeout) wait = settings.batch_timeout;
  OwnLatency own;
  own.min = analysis_->look_ahead() * step + wait + work_.announced();
  own.max = own.min + (known ? most_waiting(settings) * step : 0);
  return own;
}

guint Analyzer::most_waiting(const AnalyzerSettings& settings) { return settings.batch_size; }

guint Analyzer::most_held(const AnalyzerSettings& settings) const {
  return most_waiting(settings) + settings.batch_size + analysis_->look_ahead();
}

void Analyzer::announce_latency() {
  gst_element_post_message(element_, gst_message_new_latency(GST_OBJECT_CAST(element_)));
}

void Analyzer::clear_queue() {
  std::deque<Item> dropped;  // given back without the lock: that runs code of other elements
  {
    const std::lock_guard lock(mutex_);
    dropped.swap(waiting_);
    waiting_frames_ = 0;
  }
  for (const Item& item : dropped) {
    if (const auto* event = std::get_if<Ref<GstEvent>>(&item)) keep_sticky(event->get());
  }
}

// What is lost in a flush but describes the stream stays on the pad for who links later.
void Analyzer::keep_sticky(GstEvent* event) {
  const GstEventType type = GST_EVENT_TYPE(event);
  if (is_sticky(type) && type != GST_EVENT_SEGMENT && type != GST_EVENT_EOS) {
    gst_pad_store_sticky_event(pads_.src, event);
  }
}

}  // namespace gsttorch
