// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// The task of an analyser: takes what waits and has it analysed. analyzer_output.cpp pushes it.
#include <algorithm>
#include <utility>

#include "lib/gst/analyzer/analyzer.h"
#include "lib/gst/analyzer/debug.h"
#include "lib/gst/analyzer/gsttorchanalyzer.h"
#include "lib/gst/boundary.h"
#include "lib/gst/runtime/runtime.h"
#include "lib/gst/runtime/shared_frame.h"

namespace gsttorch {
namespace {

std::optional<std::int64_t> known(GstClockTime time) {
  if (!GST_CLOCK_TIME_IS_VALID(time)) return std::nullopt;
  return static_cast<std::int64_t>(time);
}

// Whether all frames before an event must have left when it does: what comes after it says nothing
// about them, or is not to be waited for.
bool ends_look_ahead(GstEvent* event) {
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_STREAM_START:
    case GST_EVENT_CAPS:
    case GST_EVENT_GAP:
    case GST_EVENT_EOS:
    case GST_EVENT_SEGMENT_DONE:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool Analyzer::is_flowing() const {
  const std::lock_guard lock(mutex_);
  return flow_ == GST_FLOW_OK;
}

std::stop_token Analyzer::stop_token() const {
  const std::lock_guard lock(mutex_);
  return stop_.get_token();
}

bool Analyzer::start_task() {
  return gst_pad_start_task(
      pads_.src,
      [](gpointer element) {
        Analyzer* self = GST_TORCH_ANALYZER(element)->impl;
        if (!guarded(element, false, [self] { return self->loop(), true; })) self->fail();
      },
      element_, nullptr);
}

// A query that was taken is not answered any more.
void Analyzer::fail() {
  reported_ = true;
  {
    const std::lock_guard lock(mutex_);
    answering_ = nullptr;
  }
  stop_on(GST_FLOW_ERROR);
}

// Nothing goes out any more: what comes in is refused with the same return, and what waits stays
// for the case that somebody is linked.
void Analyzer::stop_on(GstFlowReturn flow) {
  bool upstream_is_done = false;
  {
    const std::lock_guard lock(mutex_);
    if (flow_ != GST_FLOW_OK) return;
    // Somebody was linked since the frame was pushed, and said so while all seemed well.
    if (flow == GST_FLOW_NOT_LINKED && gst_pad_needs_reconfigure(pads_.src)) return;
    flow_ = flow;
    upstream_is_done = eos_;
    changed_.notify_all();
    gst_pad_pause_task(pads_.src);
  }
  const bool is_fatal = flow == GST_FLOW_NOT_LINKED || flow < GST_FLOW_EOS;
  if (upstream_is_done && is_fatal) {
    // Nobody upstream will see the return.
    if (!reported_.exchange(true)) GST_ELEMENT_FLOW_ERROR(element_, flow);
    gst_pad_push_event(pads_.src, gst_event_new_eos());
  }
}

// --- taking

// How many items can be taken now. `due`: when to look again though nothing came.
std::size_t Analyzer::count_takeable(const AnalyzerSettings& settings,
                                     std::optional<Clock::time_point>& due) const {
  std::size_t frames = 0, first_frame = waiting_.size();
  for (std::size_t i = 0; i < waiting_.size(); i++) {
    if (const auto* frame = std::get_if<WaitingFrame>(&waiting_[i])) {
      if (frames++ == 0) {
        first_frame = i;
        due = frame->arrival + std::chrono::nanoseconds(settings.batch_timeout);
      }
      if (frames >= settings.batch_size) return i + 1;
    } else if (const auto* event = std::get_if<Ref<GstEvent>>(&waiting_[i])) {
      if (ends_look_ahead(event->get())) return i + 1;
    } else {
      return i + 1;
    }
  }
  if (frames > 0 && *due <= Clock::now()) return waiting_.size();
  return first_frame;  // the events that no frame is before
}

// Waits for something to do. Nothing when there is no more to be done.
std::vector<Analyzer::Item> Analyzer::take() {
  std::unique_lock lock(mutex_);
  while (flow_ == GST_FLOW_OK) {
    std::optional<Clock::time_point> due;
    const std::size_t count = count_takeable(settings(), due);
    if (count > 0) {
      const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
      std::vector<Item> items(std::make_move_iterator(waiting_.begin()),
                              std::make_move_iterator(end));
      waiting_.erase(waiting_.begin(), end);
      const auto is_frame = [](const Item& item) {
        return std::holds_alternative<WaitingFrame>(item);
      };
      const auto frames = std::count_if(items.begin(), items.end(), is_frame);
      waiting_frames_ -= static_cast<guint>(frames);
      held_frames_ += static_cast<guint>(frames);
      if (auto* query = std::get_if<GstQuery*>(&items.back())) answering_ = *query;
      changed_.notify_all();
      return items;
    }
    due ? changed_.wait_until(lock, *due) : (changed_.wait(lock), std::cv_status::no_timeout);
  }
  return {};
}

void Analyzer::loop() {
  std::vector<Item> items = take();
  if (items.empty()) {
    gst_pad_pause_task(pads_.src);
    return;
  }
  Batch batch = begin_batch(std::move(items));
  std::optional<Item> last = std::move(batch.last);
  if (analyze(batch.frames)) {
    hold(std::move(batch));
    push_decided();
  }
  if (last) finish(std::move(*last));
}

// --- frames

Analyzer::Batch Analyzer::begin_batch(std::vector<Item> items) {
  const AnalyzerSettings settings = this->settings();
  Batch batch;
  for (Item& item : items) {
    if (auto* frame = std::get_if<WaitingFrame>(&item)) {
      batch.frames.push_back(begin_frame(std::move(*frame), settings));
      continue;
    }
    auto* event = std::get_if<Ref<GstEvent>>(&item);
    if (!event || ends_look_ahead(event->get())) {
      batch.last = std::move(item);  // it is the last: nothing is taken beyond it
    } else {
      if (GST_EVENT_TYPE(event->get()) == GST_EVENT_SEGMENT) use_segment(event->get());
      batch.events.push_back({batch.frames.size(), std::move(*event)});
    }
  }
  return batch;
}

bool Analyzer::begins_anew(GstBuffer* buffer) {
  const GstClockTime pts = GST_BUFFER_PTS(buffer);
  const bool is_marked = std::exchange(stream_.is_marked, false) || GST_BUFFER_IS_DISCONT(buffer);
  const GstClockTime duration = caps_frame_duration();
  const bool jumps = stream_.continuity.is_break(known(pts), known(duration), is_marked);
  const GstClockTime last = std::exchange(stream_.last_pts, pts);
  const std::lock_guard lock(mutex_);
  frame_duration_ = duration;
  if (!known(duration) && !jumps && known(last) && known(pts) && pts > last) {
    frame_duration_ = pts - last;
  }
  return jumps;
}

AnalyzedFrame Analyzer::begin_frame(WaitingFrame waiting, const AnalyzerSettings& settings) {
  if (ask_latency_.exchange(false)) ask_upstream_latency();
  AnalyzedFrame frame;
  frame.info = info_;
  frame.segment = segment_;
  frame.begins_anew = begins_anew(waiting.buffer.get());
  frame.index = stream_.next_index++;
  frame.buffer = std::move(waiting.buffer);
  frame.skipped = reason_to_skip(frame, settings);
  if (frame.is_skipped(kSkippedLate)) post_qos(frame);
  return frame;
}

const char* Analyzer::reason_to_skip(const AnalyzedFrame& frame,
                                     const AnalyzerSettings& settings) const {
  if (frame.segment.rate < 0) return kSkippedReverse;
  if (is_live_ && settings.max_lateness >= 0 && is_late(frame, settings.max_lateness)) {
    return kSkippedLate;
  }
  return frame.index % settings.inference_interval == 0 ? nullptr : kSkippedInterval;
}

// How long after it could have been here first a frame's turn comes.
bool Analyzer::is_late(const AnalyzedFrame& frame, GstClockTimeDiff max_lateness) const {
  const auto clock = Ref<GstClock>::adopt(gst_element_get_clock(element_));
  const GstClockTime running =
      gst_segment_to_running_time(&frame.segment, GST_FORMAT_TIME, frame.pts());
  if (!clock || !GST_CLOCK_TIME_IS_VALID(running)) return false;
  const GstClockTime now = gst_clock_get_time(clock.get()) - gst_element_get_base_time(element_);
  return GST_CLOCK_DIFF(running + upstream_latency_, now) > max_lateness;
}

void Analyzer::post_qos(const AnalyzedFrame& frame) {
  const GstSegment& segment = frame.segment;
  GstMessage* message =
      gst_message_new_qos(GST_OBJECT_CAST(element_), TRUE,
                          gst_segment_to_running_time(&segment, GST_FORMAT_TIME, frame.pts()),
                          gst_segment_to_stream_time(&segment, GST_FORMAT_TIME, frame.pts()),
                          frame.pts(), GST_BUFFER_DURATION(frame.buffer.get()));
  const AnalyzerCounts counts = this->counts();
  gst_message_set_qos_stats(message, GST_FORMAT_BUFFERS, counts.analyzed, counts.skipped_late + 1);
  gst_element_post_message(element_, message);
}

// Waits for the weights. False when there is nothing to wait for any more.
bool Analyzer::become_ready() {
  if (!device_.empty()) return true;
  auto device = analysis_->wait_until_ready(stop_token());
  if (device) {
    device_ = std::move(device).value();
    share_cuda(device_);
    return true;
  }
  report(device.error());
  stop_on(device.error().code == ErrorCode::Cancelled ? GST_FLOW_FLUSHING : GST_FLOW_ERROR);
  return false;
}

void Analyzer::run(std::function<void()> work) { runtime_.run(device_, std::move(work)); }

// False when the frames are not to be pushed: a flush, or an error that was posted.
bool Analyzer::analyze(std::vector<AnalyzedFrame>& frames) {
  if (frames.empty()) return true;
  if (!has_info_) {
    report({ErrorCode::BadShape, "frames came before their caps"});
    stop_on(GST_FLOW_NOT_NEGOTIATED);
    return false;
  }
  if (!become_ready()) return false;
  for (AnalyzedFrame& frame : frames) {
    frame.shared = runtime_.frame_of(frame.buffer.get(), frame.info);
    frame.image = std::make_shared<FrameAccess>(frame.shared);
  }
  const auto begin = Clock::now();
  Result<void> result;
  Clock::duration work{};  // without the wait for a lane
  runtime_.run(device_, [&, stop = stop_token()] {
    const auto work_began = Clock::now();
    result = analysis_->analyze(frames, stop);
    work = Clock::now() - work_began;
  });
  const auto held = Clock::now() - begin;
  for (AnalyzedFrame& frame : frames) {
    frame.image.reset();
    if (!frame.shared->keeps()) frame.shared.reset();  // it would lock the pixels against writing
  }
  if (result) {
    note_batch(frames, work, held);
    return true;
  }
  report(result.error());
  stop_on(result.error().code == ErrorCode::Cancelled ? GST_FLOW_FLUSHING : GST_FLOW_ERROR);
  return false;
}

void Analyzer::note_batch(const std::vector<AnalyzedFrame>& frames, Clock::duration work,
                          Clock::duration held) {
  std::unique_lock lock(mutex_);
  std::size_t analyzed = 0;
  for (const AnalyzedFrame& frame : frames) {
    analyzed += !frame.skipped;
    counts_.skipped_late += frame.is_skipped(kSkippedLate);
  }
  counts_.analyzed += analyzed;
  counts_.skipped += frames.size() - analyzed;
  if (analyzed == 0) return;
  const double ms = std::chrono::duration<double, std::milli>(work).count();
  counts_.batches++;
  counts_.inference_ms += ms;
  BatchCounts& of_this_size = counts_.by_size[analyzed];
  of_this_size.batches++;
  of_this_size.ms += ms;
  // Only what is the usual work tells how long that will take.
  const auto has_result = [](const AnalyzedFrame& frame) {
    return !frame.skipped && (!frame.finding || frame.finding->has_result());
  };
  if (std::none_of(frames.begin(), frames.end(), has_result)) return;
  work_.add(std::chrono::nanoseconds(held).count());
  const auto now = Clock::now().time_since_epoch();
  const bool has_changed = work_.announce(std::chrono::nanoseconds(now).count());
  lock.unlock();
  if (has_changed) announce_latency();
}

void Analyzer::hold(Batch batch) {
  auto event = batch.events.begin();
  for (std::size_t i = 0; i <= batch.frames.size(); i++) {
    for (; event != batch.events.end() && event->frames_before == i; ++event) {
      held_.push_back({nullptr, std::move(event->event)});
    }
    if (i == batch.frames.size()) break;
    held_.push_back({std::make_unique<AnalyzedFrame>(std::move(batch.frames[i])), {}});
  }
  undecided_ += batch.frames.size();
}

}  // namespace gsttorch
