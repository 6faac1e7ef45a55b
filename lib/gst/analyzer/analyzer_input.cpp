// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// The sink pad of an analyser: what upstream sends is described and queued.
#include <algorithm>
#include <cstdlib>
#include <utility>

#include "lib/gst/analyzer/analyzer.h"
#include "lib/gst/debug.h"
#include "lib/gst/util/boundary.h"
#include "lib/gst/util/known_time.h"

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

// So many buffers of its pool are always left to upstream.
constexpr guint kLeftToUpstream = 2;
// Beside the frames in the queue one may be on its way downstream.
constexpr guint kOnTheWay = 1;

guint pool_size(GstBuffer* buffer) {
  if (!buffer->pool) return 0;
  GstStructure* config = gst_buffer_pool_get_config(buffer->pool);
  guint most = 0;
  gst_buffer_pool_config_get_params(config, nullptr, nullptr, nullptr, &most);
  gst_structure_free(config);
  return most;
}

// Whether images of one kind follow each other. Other properties of the caps (the frame rate, the
// pixel aspect ratio, ...) do not change what an analysis sees.
bool same_images(const GstVideoInfo& a, const GstVideoInfo& b) {
  return GST_VIDEO_INFO_FORMAT(&a) == GST_VIDEO_INFO_FORMAT(&b) &&
         GST_VIDEO_INFO_WIDTH(&a) == GST_VIDEO_INFO_WIDTH(&b) &&
         GST_VIDEO_INFO_HEIGHT(&a) == GST_VIDEO_INFO_HEIGHT(&b) &&
         GST_VIDEO_INFO_MULTIVIEW_MODE(&a) == GST_VIDEO_INFO_MULTIVIEW_MODE(&b) &&
         gst_video_colorimetry_is_equal(&GST_VIDEO_INFO_COLORIMETRY(&a),
                                        &GST_VIDEO_INFO_COLORIMETRY(&b));
}

}  // namespace

std::size_t Analyzer::count_frames() const {
  return static_cast<std::size_t>(
      std::count_if(shared_.queue.begin(), shared_.queue.end(),
                    [](const Item& item) { return std::holds_alternative<FramePtr>(item); }));
}

std::size_t Analyzer::count_frames(FrameState state) const {
  return static_cast<std::size_t>(
      std::count_if(shared_.queue.begin(), shared_.queue.end(), [state](const Item& item) {
        const auto* frame = std::get_if<FramePtr>(&item);
        return frame && (*frame)->state == state;
      }));
}

// A live stream never waits for the analysis, only for a sink that does not accept ready frames.
bool Analyzer::has_space(const AnalyzerSettings& settings) const {
  if (!keeps_time(settings)) return count_frames(FrameState::Waiting) < most_waiting(settings);
  return count_frames() < most_held(settings);
}

// A source with few buffers (a V4L2 camera has 32 at most) would wait for those that are queued
// here.
Ref<GstBuffer> Analyzer::own_copy_if_scarce(Ref<GstBuffer> buffer) {
  const guint size = pool_size(buffer.get());
  if (size == 0) return buffer;
  {
    const std::lock_guard lock(mutex_);
    if (count_frames() + shared_.gone_frames + kOnTheWay + kLeftToUpstream < size) return buffer;
  }
  auto copy = Ref<GstBuffer>::adopt(gst_buffer_copy_deep(buffer.get()));
  if (!copy) throw std::bad_alloc();
  const std::lock_guard lock(mutex_);
  shared_.counts.copied++;
  return copy;
}

GstFlowReturn Analyzer::chain(Ref<GstBuffer> buffer) {
  if (!entry_.has_info) {
    report({ErrorCode::BadShape, "received a frame before its caps"});
    return GST_FLOW_NOT_NEGOTIATED;
  }
  if (ask_latency_.exchange(false)) ask_upstream_latency();
  const AnalyzerSettings settings = this->settings();
  FramePtr frame = make_frame(own_copy_if_scarce(std::move(buffer)), settings);
  Lock lock(mutex_);
  changed_.wait(lock, [&] { return shared_.flow != GST_FLOW_OK || has_space(this->settings()); });
  stamp(*frame, lock);
  if (shared_.flow != GST_FLOW_OK) return shared_.flow;
  if (shared_.is_eos || shared_.refuses_frames) return GST_FLOW_EOS;
  shared_.queue.push_back(std::move(frame));
  shared_.counts.frames++;
  changed_.notify_all();
  return GST_FLOW_OK;
}

// Sets the frame's time of arrival, once there is space for it: the time that `chain` blocks does
// not count. A clock is other people's code and is asked without the lock. If another was set
// meanwhile, that one is asked.
void Analyzer::stamp(Frame& frame, Lock& lock) const {
  Ref<GstClock> clock;
  while (clock.get() != shared_.clock.get()) {
    clock = shared_.clock;
    lock.unlock();
    const GstClockTime now = gst_clock_get_time(clock.get());
    lock.lock();
    frame.arrival_time = now;
  }
  frame.arrival = Clock::now();
}

// Describes a frame where it comes in: all that depends on what came before it, not on when it is
// analysed.
Analyzer::FramePtr Analyzer::make_frame(Ref<GstBuffer> buffer, const AnalyzerSettings& settings) {
  const VideoRectangle visible = visible_part(buffer.get(), entry_.info);
  auto frame = std::make_shared<Frame>();
  AnalyzedFrame& work = frame->work;
  work.info = work.caps_info = entry_.info;
  GST_VIDEO_INFO_WIDTH(&work.info) = visible.width;
  GST_VIDEO_INFO_HEIGHT(&work.info) = visible.height;
  work.segment = entry_.segment;
  work.is_discont = is_discont(buffer.get(), {visible.width, visible.height});
  work.index = entry_.next_index++;
  work.boundary = shot_boundary(buffer.get());
  work.skipped = reason_to_skip(work, settings);
  {
    const std::lock_guard lock(mutex_);
    work.stream = shared_.stream;
  }
  work.pixels = pixels_of(buffer.get(), entry_.info);
  work.buffer = std::move(buffer);
  GST_LOG_OBJECT(element_, "frame %" G_GUINT64_FORMAT " at %" GST_TIME_FORMAT " came in%s%s",
                 work.index, GST_TIME_ARGS(work.pts()), work.is_discont ? ", after a break" : "",
                 work.skipped ? ", without a result wanted" : "");
  return frame;
}

bool Analyzer::is_discont(GstBuffer* buffer, VideoSize visible) {
  const GstClockTime pts = GST_BUFFER_PTS(buffer);
  const bool is_marked = std::exchange(entry_.is_marked, false) || GST_BUFFER_IS_DISCONT(buffer);
  const GstClockTime duration = caps_frame_duration();
  const bool jumps = entry_.continuity.is_break(known_time(pts), known_time(duration), is_marked);
  const GstClockTime last = std::exchange(entry_.last_pts, pts);
  if (!known_time(duration) && !jumps && known_time(last) && known_time(pts) && pts > last) {
    set_frame_duration(entry_.steps.add(pts - last));
  }
  const VideoSize before = std::exchange(entry_.visible, visible);
  return jumps || (entry_.next_index > 0 && before != visible);
}

const char* Analyzer::reason_to_skip(const AnalyzedFrame& frame,
                                     const AnalyzerSettings& settings) const {
  if (frame.segment.rate < 0) return kSkippedReverse;
  return frame.index % settings.inference_interval == 0 ? nullptr : kSkippedInterval;
}

// --- events

GstFlowReturn Analyzer::sink_event(GstEvent* given) {
  auto event = Ref<GstEvent>::adopt(given);
  switch (GST_EVENT_TYPE(given)) {
    case GST_EVENT_FLUSH_START:
      // The event goes downstream first: it makes a push return that is blocked there. `close` then
      // wakes the source pad's task if it waits here, and pausing it waits until it has returned.
      GST_DEBUG_OBJECT(element_, "flush begins");
      gst_pad_push_event(pads_.src, event.release());
      close();
      gst_pad_pause_task(pads_.src);
      return GST_FLOW_OK;
    case GST_EVENT_FLUSH_STOP:
      // Downstream first, too: `flush` starts the task, whose events and frames must come after it.
      gst_pad_push_event(pads_.src, event.release());
      flush();
      return GST_FLOW_OK;
    default:
      break;
  }
  if (!is_serialized(GST_EVENT_TYPE(given))) {
    gst_pad_push_event(pads_.src, event.release());
    return GST_FLOW_OK;
  }
  const bool ends_sequence = process_event(given);
  return queue_event({std::move(event), ends_sequence});
}

// Some applications send a FLUSH_STOP alone as a reset, which `queue` accepts, too: so
// `close` is called here again. Deactivation of the pad may come at the same time: is_active is
// read under the lock, because the task must not start after that.
void Analyzer::flush() {
  GST_DEBUG_OBJECT(element_, "flush ends");
  close();
  clear_queue();
  output_.drops_frames = false;
  begin_stream();
  gst_segment_init(&entry_.segment, GST_FORMAT_UNDEFINED);
  reported_ = false;  // an error after this is a new one
  const std::lock_guard lock(mutex_);
  if (!shared_.is_active) return;
  reopen();
  start_task();
}

// Frame numbers start at 0, and the analysis will forget earlier frames (`reset_if_new`); caps and
// segment stay.
void Analyzer::begin_stream() {
  entry_.continuity = Continuity();
  entry_.next_index = 0;
  entry_.last_pts = GST_CLOCK_TIME_NONE;
  entry_.steps = FrameSteps();
  entry_.is_marked = false;
  const std::lock_guard lock(mutex_);
  shared_.stream++;
}

// Applies an event to the frames after it. True if those have nothing to do with the frames before,
// so that nothing is to be decided by waiting for them. A GAP is no such end: its stream continues.
bool Analyzer::process_event(GstEvent* event) {
  GST_DEBUG_OBJECT(element_, "event %" GST_PTR_FORMAT, event);
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_STREAM_START:
      begin_stream();
      ask_latency_ = true;
      return true;
    case GST_EVENT_CAPS: {
      GstCaps* caps = nullptr;
      gst_event_parse_caps(event, &caps);
      return use_caps(caps);
    }
    case GST_EVENT_SEGMENT:
      gst_event_copy_segment(event, &entry_.segment);
      entry_.is_marked = true;
      return false;
    case GST_EVENT_EOS:
    case GST_EVENT_SEGMENT_DONE:
      return true;
    default:
      return false;
  }
}

// True where another stream begins.
bool Analyzer::use_caps(GstCaps* caps) {
  GstVideoInfo info;
  const bool is_video = gst_video_info_from_caps(&info, caps);
  const bool is_other = !is_video || (entry_.has_info && !same_images(info, entry_.info));
  if (is_other) begin_stream();
  entry_.info = info;
  entry_.has_info = is_video;
  set_frame_duration(caps_frame_duration());
  ask_latency_ = true;
  if (const std::string ignored = unsupported_colorimetry(info); is_video && !ignored.empty()) {
    post_warning(element_, {ErrorCode::BadShape, ignored});
  }
  return is_other;
}

GstClockTime Analyzer::caps_frame_duration() const {
  const GstVideoInfo& info = entry_.info;
  if (info.fps_n <= 0 || info.fps_d <= 0) return GST_CLOCK_TIME_NONE;
  return gst_util_uint64_scale(GST_SECOND, info.fps_d, info.fps_n);
}

void Analyzer::set_frame_duration(GstClockTime duration) {
  const AnalyzerSettings settings = this->settings();
  const std::lock_guard lock(mutex_);
  const GstClockTime before = own_latency_of(settings).min;
  shared_.frame_duration = duration;
  const GstClockTime now = own_latency_of(settings).min;
  const GstClockTimeDiff change = std::abs(GST_CLOCK_DIFF(before, now));
  // As much as for the work: a tenth of the whole, 10 ms at least.
  const auto least = std::max<GstClockTime>(before / 10, 10 * GST_MSECOND);
  if (keeps_time(settings) && static_cast<GstClockTime>(change) > least)
    shared_.notices.add_change();
}

// As in `queue`: a sticky event is queued even while nothing flows, so that an element which is
// linked later gets it; losing it is not an error by itself.
GstFlowReturn Analyzer::queue_event(QueuedEvent event) {
  Lock lock(mutex_);
  const GstEventType type = GST_EVENT_TYPE(event.event.get());
  if (shared_.flow != GST_FLOW_OK && type == GST_EVENT_EOS) {
    const GstFlowReturn flow = shared_.flow;
    lock.unlock();
    refuse_eos(flow);
    return flow;
  }
  if (shared_.flow != GST_FLOW_OK && !is_sticky(type)) return shared_.flow;
  switch (type) {
    case GST_EVENT_STREAM_START:
      shared_.is_eos = shared_.refuses_frames = shared_.has_sent_eos = false;
      break;
    case GST_EVENT_SEGMENT:
      shared_.refuses_frames = false;
      break;
    case GST_EVENT_EOS:
      shared_.is_eos = true;
      if (keeps_time(settings())) skip_all_but_newest();
      break;
    default:
      if (shared_.is_eos) return GST_FLOW_EOS;
  }
  shared_.queue.push_back(std::move(event));
  changed_.notify_all();
  return GST_FLOW_OK;
}

// As in `queue`: after EOS no data follows whose flow return upstream would see, so an error is
// posted.
void Analyzer::refuse_eos(GstFlowReturn flow) {
  const bool is_fatal = flow == GST_FLOW_NOT_LINKED || flow < GST_FLOW_EOS;
  if (is_fatal && !reported_.exchange(true)) GST_ELEMENT_FLOW_ERROR(element_, flow);
}

// A serialized query waits until it is first in the queue, and for its answer. If a flush comes
// while the source pad's task works on it (`answering`), it waits for that task: the query is on
// this thread's stack.
bool Analyzer::sink_query(GstQuery* query) {
  if (!is_serialized(GST_QUERY_TYPE(query))) {
    return gst_pad_query_default(pads_.sink, GST_OBJECT_CAST(element_), query);
  }
  Lock lock(mutex_);
  if (shared_.flow != GST_FLOW_OK) return false;
  shared_.queue.push_back(QueuedQuery{query});
  shared_.answered = nullptr;
  changed_.notify_all();
  changed_.wait(lock, [&] {
    return shared_.answered == query || (shared_.flow != GST_FLOW_OK && shared_.answering != query);
  });
  for (std::size_t i = 0; i < shared_.queue.size(); i++) {
    const auto* other = std::get_if<QueuedQuery>(&shared_.queue[i]);
    if (!other || other->query != query) continue;
    shared_.queue.erase(shared_.queue.begin() + static_cast<std::ptrdiff_t>(i));
    if (i < shared_.cursor) shared_.cursor--;
    break;
  }
  return shared_.answered == query && shared_.answer;
}

void Analyzer::clear_queue() {
  std::deque<Item> dropped;  // freed without the lock: to free a buffer calls its pool
  {
    const std::lock_guard lock(mutex_);
    dropped.swap(shared_.queue);
    shared_.cursor = 0;
    for (const Item& item : dropped) {
      if (const auto* event = std::get_if<QueuedEvent>(&item)) {
        shared_.flushed.push_back(event->event);
      }
    }
  }
  for (const Item& item : dropped) {
    if (const auto* event = std::get_if<QueuedEvent>(&item)) store_sticky(event->event.get());
  }
}

// A flush drops queued events. Those that describe the stream (stream-start, caps, tags) stay on
// the pad, or an element that is linked later would never see them; a segment and an EOS end by a
// flush.
void Analyzer::store_sticky(GstEvent* event) {
  const GstEventType type = GST_EVENT_TYPE(event);
  if (is_sticky(type) && type != GST_EVENT_SEGMENT && type != GST_EVENT_EOS) {
    gst_pad_store_sticky_event(pads_.src, event);
  }
}

}  // namespace gsttorch
