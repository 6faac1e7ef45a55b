// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// What leaves an analyser: decided frames and the events between them, in order, and the answers to
// queries.
#include <algorithm>
#include <new>
#include <utility>

#include "lib/gst/analyzer/analyzer.h"
#include "lib/gst/analyzer/debug.h"
#include "lib/gst/analyzer/input_allocator.h"
#include "lib/gst/runtime/runtime.h"
#include "lib/gst/runtime/shared_frame.h"

namespace gsttorch {

// --- pushing

void Analyzer::push_decided() {
  const guint look_ahead = analysis_->look_ahead();
  while (!held_.empty() && is_flowing()) {
    if (held_.front().frame && undecided_ <= look_ahead) return;
    push_first();
  }
}

void Analyzer::push_all() {
  analysis_->decide_all();
  while (!held_.empty() && is_flowing()) push_first();
}

void Analyzer::push_first() {
  Held first = std::move(held_.front());
  held_.pop_front();
  if (first.event) {
    if (GST_EVENT_TYPE(first.event.get()) == GST_EVENT_SEGMENT) drops_frames_ = false;
    gst_pad_push_event(pads_.src, first.event.release());
    return;
  }
  undecided_--;
  held_frames_--;
  const GstFlowReturn flow = push_frame(*first.frame);
  if (flow == GST_FLOW_EOS) {
    end_segment();
  } else if (flow != GST_FLOW_OK) {
    stop_on(flow);
  }
}

// Downstream wants no more frames of this segment; events still go there. What waits may belong to
// the next one.
void Analyzer::end_segment() {
  drops_frames_ = true;
  const auto begins_segment = [](const Ref<GstEvent>& event) {
    return event && (GST_EVENT_TYPE(event.get()) == GST_EVENT_SEGMENT ||
                     GST_EVENT_TYPE(event.get()) == GST_EVENT_STREAM_START);
  };
  const std::lock_guard lock(mutex_);
  const bool next_is_here =
      std::any_of(held_.begin(), held_.end(),
                  [&](const Held& held) { return begins_segment(held.event); }) ||
      std::any_of(waiting_.begin(), waiting_.end(), [&](const Item& item) {
        const auto* event = std::get_if<Ref<GstEvent>>(&item);
        return event && begins_segment(*event);
      });
  refuses_frames_ = !next_is_here;
}

GstFlowReturn Analyzer::push_frame(AnalyzedFrame& frame) {
  if (drops_frames_) return GST_FLOW_OK;
  GstBuffer* writable = gst_buffer_make_writable(frame.buffer.release());
  if (!writable) throw std::bad_alloc();
  frame.buffer = Ref<GstBuffer>::adopt(writable);
  if (frame.shared) FrameTable::attach(writable, frame.shared);
  frame.shared.reset();
  analysis_->publish(frame);
  gst_pad_check_reconfigure(pads_.src);  // from here on a new link is marked on the pad
  return gst_pad_push(pads_.src, frame.buffer.release());
}

// --- what all frames must have left before

void Analyzer::finish(Item last) {
  if (is_flowing()) push_all();
  if (auto* query = std::get_if<GstQuery*>(&last)) {
    answer(*query);
  } else if (is_flowing()) {
    finish_event(std::move(std::get<Ref<GstEvent>>(last)));
  }
}

void Analyzer::finish_event(Ref<GstEvent> event) {
  switch (GST_EVENT_TYPE(event.get())) {
    case GST_EVENT_STREAM_START:
      reset_stream();
      drops_frames_ = false;
      ask_latency_ = true;
      break;
    case GST_EVENT_CAPS: {
      GstCaps* caps = nullptr;
      gst_event_parse_caps(event.get(), &caps);
      if (!use_caps(caps)) {
        report({ErrorCode::BadShape, "caps that are no video"});
        stop_on(GST_FLOW_NOT_NEGOTIATED);
        return;
      }
      break;
    }
    case GST_EVENT_GAP:
      stream_.is_marked = true;
      break;
    default:
      break;
  }
  gst_pad_push_event(pads_.src, event.release());
}

bool Analyzer::use_caps(GstCaps* caps) {
  GstVideoInfo info;
  if (!gst_video_info_from_caps(&info, caps)) return false;
  if (has_info_ && !gst_video_info_is_equal(&info, &info_)) reset_stream();
  info_ = info;
  has_info_ = true;
  const std::lock_guard lock(mutex_);
  frame_duration_ = caps_frame_duration();
  return true;
}

GstClockTime Analyzer::caps_frame_duration() const {
  if (info_.fps_n <= 0 || info_.fps_d <= 0) return GST_CLOCK_TIME_NONE;
  return gst_util_uint64_scale(GST_SECOND, info_.fps_d, info_.fps_n);
}

void Analyzer::use_segment(GstEvent* event) {
  gst_event_copy_segment(event, &segment_);
  stream_.is_marked = true;
}

void Analyzer::reset_stream() {
  stream_ = Stream();
  if (analysis_) analysis_->reset();
}

void Analyzer::ask_upstream_latency() {
  const auto query = Ref<GstQuery>::adopt(gst_query_new_latency());
  if (!gst_pad_peer_query(pads_.sink, query.get())) return;
  gboolean live = FALSE;
  gst_query_parse_latency(query.get(), &live, &upstream_latency_, nullptr);
  is_live_ = live;
}

void Analyzer::answer(GstQuery* query) {
  bool result = false;
  if (is_flowing()) {
    const bool is_allocation = GST_QUERY_TYPE(query) == GST_QUERY_ALLOCATION;
    if (GST_QUERY_TYPE(query) == GST_QUERY_DRAIN) runtime_.drop_buffers();
    result = is_allocation ? answer_allocation(query) : gst_pad_peer_query(pads_.src, query);
  }
  const std::lock_guard lock(mutex_);
  answering_ = nullptr;
  answered_ = query;
  answer_ = result;
  changed_.notify_all();
}

// The memory that comes in goes out, so downstream says what it should be like; what is held here
// on the way comes on top of what downstream needs.
bool Analyzer::answer_allocation(GstQuery* query) {
  gst_pad_peer_query(pads_.src, query);
  const guint held = most_held(settings());
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

// Nobody downstream cares. Frames for a GPU are best written where it can copy them from at once;
// on the CPU they are used where they lie.
void Analyzer::offer_memory(GstQuery* query, const GstVideoInfo& info, guint buffers) {
  const gsize size = GST_VIDEO_INFO_SIZE(&info);
  if (!input_allocator_) input_allocator_ = make_input_allocator(device_);
  GstAllocator* allocator = input_allocator_.get();
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

}  // namespace gsttorch
