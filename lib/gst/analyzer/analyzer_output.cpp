// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// The task of an analyser's source pad: decided frames and the events between them, in order, and
// the answers to queries.
#include <algorithm>
#include <new>
#include <utility>

#include "lib/gst/analyzer/analyzer.h"
#include "lib/gst/analyzer/gsttorchanalyzer.h"
#include "lib/gst/debug.h"
#include "lib/gst/util/boundary.h"

namespace gsttorch {

bool Analyzer::is_flowing() const {
  const std::lock_guard lock(mutex_);
  return shared_.flow == GST_FLOW_OK;
}

bool Analyzer::start_task() {
  return gst_pad_start_task(
      pads_.src,
      [](gpointer element) {
        auto* self = static_cast<Analyzer*>(GST_TORCH_ANALYZER(element)->impl);
        if (guarded(element, false, [self] { return self->push_next(), true; })) return;
        self->give_up_answer();
        self->fail(self->output_.epoch);
      },
      element_, nullptr);
}

void Analyzer::give_up_answer() {
  const std::lock_guard lock(mutex_);
  shared_.answered = std::exchange(shared_.answering, nullptr);
  shared_.answer = false;
  changed_.notify_all();
}

// Nothing is pushed any more, and upstream gets the same flow return. The queue is kept: after
// NOT_LINKED somebody may be linked (`src_event`). What failed in an older epoch was discarded by a
// flush, and the stream after it goes on.
void Analyzer::stop_flow(GstFlowReturn flow, std::uint64_t epoch) {
  const std::lock_guard lock(mutex_);
  if (shared_.flow != GST_FLOW_OK || shared_.epoch != epoch) return;
  // Somebody was linked after this push and sent RECONFIGURE, when the flow was still OK. The flag
  // was cleared before the push (`push_frame`), so it can only be from after.
  if (flow == GST_FLOW_NOT_LINKED && gst_pad_needs_reconfigure(pads_.src)) return;
  GST_DEBUG_OBJECT(element_, "stops: %s", gst_flow_get_name(flow));
  shared_.flow = flow;
  changed_.notify_all();
}

// --- taking

void Analyzer::push_next() {
  Item item;
  if (wait_for_output(item)) {
    push(std::move(item));
    return;
  }
  if (!end_task()) return;
  // Upstream has sent EOS: no data follows whose return it would see.
  if (!reported_.exchange(true)) GST_ELEMENT_FLOW_ERROR(element_, flow());
  gst_pad_push_event(pads_.src, gst_event_new_eos());
}

// Pauses the task, unless data flows again: both under the lock, or the pause could come after the
// `start_task` of a flush or a RECONFIGURE and undo it. Whether downstream is to get an EOS.
bool Analyzer::end_task() {
  const std::lock_guard lock(mutex_);
  if (shared_.flow == GST_FLOW_OK) return false;
  gst_pad_pause_task(pads_.src);
  const bool is_fatal = shared_.flow == GST_FLOW_NOT_LINKED || shared_.flow < GST_FLOW_EOS;
  return shared_.is_eos && is_fatal && !std::exchange(shared_.has_sent_eos, true);
}

GstFlowReturn Analyzer::flow() const {
  const std::lock_guard lock(mutex_);
  return shared_.flow;
}

// The next item that can leave; false when nothing flows any more. As in `wait_for_task`, the clock
// is asked before the lock and the settings are read under it.
bool Analyzer::wait_for_output(Item& item) {
  while (true) {
    const auto clock = this->clock();
    const GstClockTime now = gst_clock_get_time(clock.get());
    Lock lock(mutex_);
    if (shared_.flow != GST_FLOW_OK) return false;
    if (shared_.clock.get() != clock.get()) continue;
    const AnalyzerSettings settings = this->settings();
    if (pop_ready_item(item, settings, now)) {
      changed_.notify_all();
      return true;
    }
    const GstClockTime due = next_leaving(settings);
    if (GST_CLOCK_TIME_IS_VALID(due) && due > now && !output_.alarm.is_set(clock.get(), due)) {
      lock.unlock();
      output_.alarm.set(clock.get(), due);
    } else {
      changed_.wait(lock);
    }
  }
}

GstClockTime Analyzer::next_leaving(const AnalyzerSettings& settings) const {
  if (shared_.queue.empty() || !keeps_time(settings)) return GST_CLOCK_TIME_NONE;
  const auto* frame = std::get_if<FramePtr>(&shared_.queue.front());
  return frame ? due_time(**frame, settings) : GST_CLOCK_TIME_NONE;
}

bool Analyzer::pop_ready_item(Item& item, const AnalyzerSettings& settings, GstClockTime now) {
  if (shared_.queue.empty()) return false;
  Item& first = shared_.queue.front();
  const auto* frame = std::get_if<FramePtr>(&first);
  if (frame && !can_leave(**frame, settings, now)) return false;
  if (const auto* query = std::get_if<QueuedQuery>(&first)) {
    // Not before the analysis task has passed it: an inference may still use buffers from before
    // it, and upstream may free its pool after a DRAIN or ALLOCATION query.
    if (shared_.cursor == 0) return false;
    shared_.answering = query->query;
  }
  item = std::move(first);
  shared_.queue.pop_front();
  output_.epoch = shared_.epoch;
  shared_.flushed.clear();
  if (shared_.cursor > 0) shared_.cursor--;
  return true;
}

bool Analyzer::can_leave(Frame& frame, const AnalyzerSettings& settings, GstClockTime now) {
  if (frame.state == FrameState::Ready) return true;
  if (!must_leave(frame, settings, now)) return false;
  GST_DEBUG_OBJECT(element_, "frame %" G_GUINT64_FORMAT " leaves without a result: no time is left",
                   frame.work.index);
  skip(frame);
  return true;
}

// --- pushing

void Analyzer::push(Item item) {
  if (auto* query = std::get_if<QueuedQuery>(&item)) {
    answer(query->query);
  } else if (auto* event = std::get_if<QueuedEvent>(&item)) {
    push_queued_event(std::move(event->event));
  } else {
    push_frame(std::get<FramePtr>(item)->work);
  }
}

void Analyzer::push_queued_event(Ref<GstEvent> event) {
  const GstEventType type = GST_EVENT_TYPE(event.get());
  if (type == GST_EVENT_SEGMENT || type == GST_EVENT_STREAM_START) output_.drops_frames = false;
  gst_pad_push_event(pads_.src, event.release());
  store_flushed_again();
}

// A FLUSH_STOP without a FLUSH_START does not wait for this task. If it came while an event was
// pushed, that event may have replaced a newer sticky event that the flush had stored.
void Analyzer::store_flushed_again() {
  std::vector<Ref<GstEvent>> flushed;
  {
    const std::lock_guard lock(mutex_);
    if (shared_.epoch != output_.epoch) flushed = shared_.flushed;
  }
  for (const Ref<GstEvent>& event : flushed) store_sticky(event.get());
}

// Downstream wants no more frames of this segment; events still go there. Two flags, since the next
// segment may already wait in the queue, behind frames of this one: `drops_frames` ends where that
// segment is pushed, `refuses_frames` where it comes in.
void Analyzer::end_segment() {
  output_.drops_frames = true;
  const std::lock_guard lock(mutex_);
  shared_.refuses_frames =
      std::none_of(shared_.queue.begin(), shared_.queue.end(), [](const Item& item) {
        const auto* event = std::get_if<QueuedEvent>(&item);
        if (!event) return false;
        const GstEventType type = GST_EVENT_TYPE(event->event.get());
        return type == GST_EVENT_SEGMENT || type == GST_EVENT_STREAM_START;
      });
}

void Analyzer::push_frame(AnalyzedFrame& frame) {
  if (output_.drops_frames) return;
  if (frame.pixels && !frame.pixels->is_shared()) frame.pixels.reset();  // it would lock the pixels
  GstBuffer* writable = gst_buffer_make_writable(frame.buffer.release());
  if (!writable) throw std::bad_alloc();
  frame.buffer = Ref<GstBuffer>::adopt(writable);
  if (frame.pixels) frame.pixels->attach_to(writable);
  frame.pixels.reset();
  analysis_->publish(frame);
  if (frame.is_skipped(kSkippedLate)) post_due_notice();
  GST_LOG_OBJECT(element_, "pushes frame %" G_GUINT64_FORMAT "%s%s", frame.index,
                 frame.skipped ? ", skipped: " : "", frame.skipped ? frame.skipped : "");
  gst_pad_check_reconfigure(pads_.src);  // clears the flag: a link from here on sets it again
  const GstFlowReturn flow = gst_pad_push(pads_.src, frame.buffer.release());
  if (flow == GST_FLOW_EOS) {
    end_segment();
  } else if (flow != GST_FLOW_OK) {
    stop_flow(flow, output_.epoch);
  }
}

// --- queries

void Analyzer::answer(GstQuery* query) {
  bool result = false;
  if (is_flowing()) {
    const bool is_allocation = GST_QUERY_TYPE(query) == GST_QUERY_ALLOCATION;
    result = is_allocation ? answer_allocation(query) : gst_pad_peer_query(pads_.src, query);
    GST_DEBUG_OBJECT(element_, "query %s: %s", GST_QUERY_TYPE_NAME(query),
                     result ? "answered" : "no answer");
  }
  const std::lock_guard lock(mutex_);
  shared_.answering = nullptr;
  shared_.answered = query;
  shared_.answer = result;
  changed_.notify_all();
}

// The memory that comes in goes out, so downstream chooses it. To the buffers that downstream needs
// are added those that are queued here.
bool Analyzer::answer_allocation(GstQuery* query) {
  gst_pad_peer_query(pads_.src, query);
  guint held = 0;
  {
    const AnalyzerSettings settings = this->settings();
    const std::lock_guard lock(mutex_);
    held = most_held(settings);
  }
  const guint pools = gst_query_get_n_allocation_pools(query);
  for (guint i = 0; i < pools; i++) {
    GstBufferPool* pool = nullptr;
    guint size = 0, min = 0, max = 0;
    gst_query_parse_nth_allocation_pool(query, i, &pool, &size, &min, &max);
    gst_query_set_nth_allocation_pool(query, i, pool, size, min + held, max ? max + held : 0);
    if (pool) gst_object_unref(pool);
  }
  GstCaps* caps = nullptr;
  gst_query_parse_allocation(query, &caps, nullptr);
  GstVideoInfo info;
  const bool is_video = caps && gst_video_info_from_caps(&info, caps);
  if (pools == 0 && is_video) offer_memory(query, info, held);
  return true;
}

// For when downstream proposes nothing: `input_allocator` is the memory that the work reads
// fastest.
void Analyzer::offer_memory(GstQuery* query, const GstVideoInfo& info, guint buffers) {
  const gsize size = GST_VIDEO_INFO_SIZE(&info);
  GstAllocator* allocator = input_allocator();
  if (!allocator || gst_query_get_n_allocation_params(query) > 0) {
    gst_query_add_allocation_pool(query, nullptr, size, buffers, 0);
    return;
  }
  // Some take only the allocator, some only the pool.
  GstCaps* caps = nullptr;
  gst_query_parse_allocation(query, &caps, nullptr);
  GstAllocationParams params;
  gst_allocation_params_init(&params);
  gst_query_add_allocation_param(query, allocator, &params);
  const auto pool = Ref<GstBufferPool>::adopt(gst_video_buffer_pool_new());
  GstStructure* config = gst_buffer_pool_get_config(pool.get());
  gst_buffer_pool_config_set_params(config, caps, size, buffers, 0);
  gst_buffer_pool_config_set_allocator(config, allocator, &params);
  if (!gst_buffer_pool_set_config(pool.get(), config)) return;
  gst_query_add_allocation_pool(query, pool.get(), size, buffers, 0);
}

// --- the source pad, from downstream's side

bool Analyzer::src_event(GstEvent* event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_LATENCY) ask_latency_ = true;
  if (GST_EVENT_TYPE(event) == GST_EVENT_RECONFIGURE) {
    // An element that is linked sends this, so NOT_LINKED is over. Under the lock, or the task
    // could be started after the pad was deactivated, or before `end_task` pauses it.
    const std::lock_guard lock(mutex_);
    if (shared_.flow == GST_FLOW_NOT_LINKED) {
      shared_.flow = GST_FLOW_OK;
      changed_.notify_all();
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
  GST_DEBUG_OBJECT(element_, "answers LATENCY: %" GST_TIME_FORMAT ", of it %" GST_TIME_FORMAT,
                   GST_TIME_ARGS(min), GST_TIME_ARGS(own.min));
  gst_query_set_latency(query, live, min, max);
  return true;
}

}  // namespace gsttorch
