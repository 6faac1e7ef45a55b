// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// An analyser in a live pipeline: how long a frame may stay, which frames are analysed when the
// model does not keep up, and what is posted to the application. docs/design/0010 has the reasons.
#include <algorithm>
#include <string>

#include "lib/gst/analyzer/analyzer.h"
#include "lib/gst/analyzer/shot_boundary.h"
#include "lib/gst/debug.h"
#include "lib/gst/util/segment_time.h"
#include "lib/gst/util/upstream_latency.h"

namespace gsttorch {
namespace {

// A frame may leave so much later than the announced latency says: sources are not exact to the
// millisecond, and sinks have more to spare than this (`processing-deadline`, 20 ms).
constexpr GstClockTime kTolerance = 10 * GST_MSECOND;
// How many frames of a live stream may wait beside those that its latency stands for.
constexpr guint kSpareFrames = 8;

}  // namespace

bool Analyzer::keeps_time(const AnalyzerSettings& settings) const {
  return shared_.is_live && settings.max_lateness != kAnyLateness;
}

Ref<GstClock> Analyzer::clock() const {
  const std::lock_guard lock(mutex_);
  return shared_.clock;
}

// Times of two clocks cannot be compared: what waits counts as having arrived now, by the new one.
void Analyzer::set_clock(GstClock* clock) {
  auto next = clock ? Ref<GstClock>::share(clock) : Ref<GstClock>::adopt(gst_system_clock_obtain());
  const GstClockTime now = gst_clock_get_time(next.get());
  const std::lock_guard lock(mutex_);
  if (shared_.clock.get() == next.get()) return;
  shared_.clock = std::move(next);
  for (Item& item : shared_.queue) {
    if (auto* frame = std::get_if<FramePtr>(&item)) (*frame)->arrival_time = now;
  }
  changed_.notify_all();
}

void Analyzer::ask_upstream_latency() {
  const auto latency = query_upstream_latency(pads_.sink);
  if (!latency) return;
  GST_DEBUG_OBJECT(element_, "upstream is %slive, its latency %" GST_TIME_FORMAT,
                   latency->is_live ? "" : "not ", GST_TIME_ARGS(latency->min));
  const std::lock_guard lock(mutex_);
  shared_.is_live = latency->is_live;
}

// --- the LATENCY query

OwnLatency Analyzer::own_latency() const {
  const AnalyzerSettings settings = this->settings();
  const std::lock_guard lock(mutex_);
  return own_latency_of(settings);
}

// A model that takes about as long as a frame, or longer, may be busy when the next one comes.
bool Analyzer::is_model_slow(const AnalyzerSettings& settings) const {
  if (!keeps_time(settings) || !GST_CLOCK_TIME_IS_VALID(shared_.frame_duration)) return false;
  const auto work = static_cast<GstClockTime>(shared_.work_time.announced());
  return work > 0 && work * 10 >= shared_.frame_duration * 9;
}

GstClockTime Analyzer::bound_of_waiting(const AnalyzerSettings& settings) const {
  if (!is_model_slow(settings)) return 0;
  return settings.max_lateness >= 0 ? static_cast<GstClockTime>(settings.max_lateness)
                                    : shared_.frame_duration;
}

// The time from a frame to the next. At an unknown rate: as long as a batch waits for one.
GstClockTime Analyzer::step(const AnalyzerSettings& settings) const {
  return GST_CLOCK_TIME_IS_VALID(shared_.frame_duration) ? shared_.frame_duration
                                                         : settings.batch_timeout;
}

// The longest that a frame waits until its inference begins.
GstClockTime Analyzer::longest_wait(const AnalyzerSettings& settings) const {
  const GstClockTime to_fill = (settings.batch_size - 1) * step(settings);
  return std::min<GstClockTime>(to_fill, settings.batch_timeout) + bound_of_waiting(settings);
}

GstClockTime Analyzer::latency_beside_work(const AnalyzerSettings& settings) const {
  return analysis_->look_ahead() * step(settings) + longest_wait(settings);
}

OwnLatency Analyzer::own_latency_of(const AnalyzerSettings& settings) const {
  const bool known = GST_CLOCK_TIME_IS_VALID(shared_.frame_duration);
  OwnLatency own;
  own.min =
      latency_beside_work(settings) + static_cast<GstClockTime>(shared_.work_time.announced());
  const guint spare = keeps_time(settings) ? kSpareFrames : most_waiting(settings);
  own.max = own.min + (known ? spare * shared_.frame_duration : 0);
  return own;
}

// The number of frames that may be inside at once, for upstream's pool. A live stream's frames come
// in whether or not there is space.
guint Analyzer::most_held(const AnalyzerSettings& settings) const {
  const guint usual = most_waiting(settings) + 2 * settings.batch_size + analysis_->look_ahead();
  if (!keeps_time(settings) || !GST_CLOCK_TIME_IS_VALID(shared_.frame_duration) ||
      shared_.frame_duration == 0) {
    return usual + (keeps_time(settings) ? kSpareFrames : 0);
  }
  const GstClockTime frames = own_latency_of(settings).min / shared_.frame_duration;
  return std::max(usual, static_cast<guint>(std::min<GstClockTime>(frames, 1000))) + kSpareFrames;
}

// --- which frames are analysed

GstClockTime Analyzer::due_time(const Frame& frame, const AnalyzerSettings& settings) const {
  return frame.arrival_time + own_latency_of(settings).min + kTolerance;
}

// Whether a frame's time is over, and it must be pushed without a result. An idle analysis task
// still gets its chance: it analyses or decides such a frame at once, and by that its work is
// measured.
bool Analyzer::must_leave(const Frame& frame, const AnalyzerSettings& settings,
                          GstClockTime now) const {
  if (!keeps_time(settings) || now < due_time(frame, settings)) return false;
  return shared_.is_inferring || frame.was_asked_to_decide;
}

void Analyzer::skip(Frame& frame) {
  AnalyzedFrame& work = frame.work;
  if (frame.state == FrameState::Waiting)
    shared_.passed.add(work);  // for the next that is analysed
  if (frame.state == FrameState::Undecided && !work.skipped) shared_.counts.analyzed--;
  const bool was_counted = frame.state == FrameState::Undecided && work.skipped;
  if (!was_counted) shared_.counts.skipped++;
  const bool is_running = frame.state == FrameState::Running;
  shared_.gone_frames += is_running;
  frame.state = is_running ? FrameState::Gone : FrameState::Ready;
  if (work.skipped) return;  // nobody wanted a result
  work.skipped = kSkippedLate;
  work.result.reset();
  shared_.counts.skipped_late++;
  shared_.notices.add_skip({running_time(work.segment, work.pts()),
                            stream_time(work.segment, work.pts()), work.pts(),
                            GST_BUFFER_DURATION(work.buffer.get())});
}

// Skips the frames that have waited too long, so that the next inference works on a new one. The
// newest is spared unless `max-lateness` is less than a frame: then one that has not waited at all
// comes soon.
void Analyzer::skip_late(std::vector<FramePtr>& frames, const AnalyzerSettings& settings,
                         GstClockTime now) {
  const GstClockTime frame_time = step(settings);
  GstClockTime bound =
      settings.max_lateness >= 0 ? static_cast<GstClockTime>(settings.max_lateness) : frame_time;
  const bool spares_newest = bound >= frame_time || shared_.work_time.announced() == 0;
  bound += kTolerance;
  if (settings.batch_size > 1) bound += settings.batch_timeout;
  bound += analysis_->look_ahead() * frame_time / 2;  // it has time for later frames besides
  const auto is_wanted = [](const FramePtr& frame) { return !frame->work.skipped; };
  const auto newest = std::find_if(frames.rbegin(), frames.rend(), is_wanted);
  const FramePtr spared = spares_newest && newest != frames.rend() ? *newest : nullptr;
  auto first = frames.begin();
  while (first != frames.end() && *first != spared && now > (*first)->arrival_time + bound) ++first;
  if (first == frames.begin()) return;
  std::for_each(frames.begin(), first, [this](const FramePtr& frame) { skip(*frame); });
  frames.erase(frames.begin(), first);
  changed_.notify_all();
}

// At the end of a live stream EOS waits for one inference: the running one, or else one more.
void Analyzer::skip_all_but_newest() {
  bool may_run = !shared_.is_inferring;
  for (auto item = shared_.queue.rbegin(); item != shared_.queue.rend(); ++item) {
    auto* frame = std::get_if<FramePtr>(&*item);
    if (!frame || (*frame)->state != FrameState::Waiting) continue;
    if (may_run && !(*frame)->work.skipped) {
      may_run = false;
    } else {
      skip(**frame);
    }
  }
}

// --- look-ahead

// The last frame that has to be decided before the task has done what takes `ahead`.
std::optional<std::uint64_t> Analyzer::index_that_cannot_wait(const AnalyzerSettings& settings,
                                                              GstClockTime now,
                                                              GstClockTime ahead) {
  std::optional<std::uint64_t> last;
  for (Item& item : shared_.queue) {
    auto* frame = std::get_if<FramePtr>(&item);
    if (!frame || (*frame)->state != FrameState::Undecided || (*frame)->was_asked_to_decide) {
      continue;
    }
    if (now + ahead < due_time(**frame, settings)) break;
    (*frame)->was_asked_to_decide = true;
    last = (*frame)->work.index;
  }
  return last;
}

// When an inference with a frame must begin to be in time.
GstClockTime Analyzer::latest_begin(const Frame& frame, const AnalyzerSettings& settings) const {
  return frame.arrival_time + longest_wait(settings);
}

// When something has to be done though nothing comes: the first frame that is undecided, or that
// waits for a batch to fill, has no more time.
GstClockTime Analyzer::next_due_task(const AnalyzerSettings& settings) const {
  GstClockTime next = GST_CLOCK_TIME_NONE;
  for (const Item& item : shared_.queue) {
    const auto* frame = std::get_if<FramePtr>(&item);
    if (!frame) continue;
    if ((*frame)->state == FrameState::Undecided && !(*frame)->was_asked_to_decide) {
      next = std::min(next, due_time(**frame, settings));
    } else if ((*frame)->state == FrameState::Waiting) {
      return std::min(next, latest_begin(**frame, settings));
    }
  }
  return next;
}

// --- what is posted to the application

void Analyzer::announce_latency() {
  GST_DEBUG_OBJECT(element_, "announces a latency of %" GST_TIME_FORMAT,
                   GST_TIME_ARGS(own_latency().min));
  gst_element_post_message(element_, gst_message_new_latency(GST_OBJECT_CAST(element_)));
}

// After a change of a setting or of the stream. Posted now, or a second after the last notice.
void Analyzer::latency_may_have_changed(const OwnLatency& before) {
  if (own_latency().min == before.min) return;
  {
    const std::lock_guard lock(mutex_);
    shared_.notices.add_change();
  }
  post_due_notice();
}

void Analyzer::post_due_notice() {
  const AnalyzerSettings settings = this->settings();
  const GstClockTime now = gst_clock_get_time(clock().get());
  Lock lock(mutex_);
  const auto due = shared_.notices.take(now, is_model_slow(settings));
  lock.unlock();
  if (due) post_notice(*due);
}

void Analyzer::post_notice(const Notices::Due& due) {
  if (due.kind == Notices::Kind::Latency) {
    announce_latency();
    return;
  }
  const AnalyzerCounts counts = this->counts();
  if (due.kind == Notices::Kind::TooSlow) {
    const guint64 wanted = counts.analyzed + counts.skipped_late;
    const std::string text =
        "The model does not keep up with this live stream: " + std::to_string(counts.analyzed) +
        " of " + std::to_string(wanted) +
        " frames have a result so far. The element passes all frames on. Use a smaller model or "
        "size, fewer iterations or a larger inference-interval. Or set max-lateness=" +
        std::to_string(kAnyLateness) + " to analyze every frame, which delays the stream";
    GST_ELEMENT_WARNING(element_, STREAM, FAILED, ("%s", text.c_str()), (nullptr));
    return;
  }
  GstMessage* message = gst_message_new_qos(GST_OBJECT_CAST(element_), TRUE, due.skip.running_time,
                                            due.skip.stream_time, due.skip.pts, due.skip.duration);
  gst_message_set_qos_stats(message, GST_FORMAT_BUFFERS, counts.analyzed, counts.skipped_late);
  gst_element_post_message(element_, message);
}

}  // namespace gsttorch
