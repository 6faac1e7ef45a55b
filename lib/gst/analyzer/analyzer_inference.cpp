// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// The analysis task of an analyser: takes waiting frames to a worker, and stores the results.
#include <algorithm>
#include <utility>

#include "lib/gst/analyzer/analyzer.h"
#include "lib/gst/analyzer/shot_boundary.h"
#include "lib/gst/debug.h"
#include "lib/gst/util/boundary.h"

namespace gsttorch {
// --- what to do next

void Analyzer::analyze_next() {
  Task task;
  const bool done = guarded(element_, false, [&] {
    task = wait_for_task();
    if (!task.is_empty()) execute(task);
    post_due_notice();
    return true;
  });
  if (done) return;
  end_inference();
  fail(task.epoch);
}

// After an exception, which was posted: the flow ends, so `chain` returns and no query waits for an
// answer that would never come.
void Analyzer::fail(std::uint64_t epoch) {
  reported_ = true;
  stop_flow(GST_FLOW_ERROR, epoch);
}

void Analyzer::end_inference() {
  const std::lock_guard lock(mutex_);
  shared_.is_inferring = false;
  shared_.gone_frames = 0;
}

// The clock is asked before the lock, since a pipeline's clock is other people's code; it may have
// been replaced meanwhile. The settings are read under the lock: a change of them notifies
// `changed_` after it, so none is missed between here and the wait.
Analyzer::Task Analyzer::wait_for_task() {
  while (true) {
    const auto clock = this->clock();
    const GstClockTime now = gst_clock_get_time(clock.get());
    Lock lock(mutex_);
    if (shared_.is_ending) return {};
    if (shared_.clock.get() != clock.get()) continue;
    const AnalyzerSettings settings = this->settings();
    std::optional<Clock::time_point> due;
    GstClockTime next = GST_CLOCK_TIME_NONE;
    if (shared_.flow == GST_FLOW_OK) {
      if (Task task = find_task(settings, now, due); !task.is_empty()) return task;
      if (keeps_time(settings)) next = next_due_task(settings);
    }
    if (GST_CLOCK_TIME_IS_VALID(next) && next > now &&
        !analysis_thread_.alarm.is_set(clock.get(), next)) {
      lock.unlock();  // an alarm may ring while it is set, and `wake` locks; then look again
      analysis_thread_.alarm.set(clock.get(), next);
    } else if (due) {
      changed_.wait_until(lock, *due);
    } else {
      changed_.wait(lock);
    }
  }
}

Analyzer::Waiting Analyzer::find_waiting() const {
  Waiting waiting;
  waiting.end = shared_.cursor;
  for (; waiting.end < shared_.queue.size(); waiting.end++) {
    const Item& item = shared_.queue[waiting.end];
    if (const auto* frame = std::get_if<FramePtr>(&item)) {
      if ((*frame)->state == FrameState::Waiting) waiting.frames.push_back(*frame);
      continue;
    }
    const auto* event = std::get_if<QueuedEvent>(&item);
    if (event && !event->ends_sequence) continue;
    waiting.barrier = event ? Barrier::End : Barrier::Query;
    break;
  }
  return waiting;
}

// The number of frames that wait for nothing but downstream.
std::size_t Analyzer::count_leaving() const {
  std::size_t count = 0;
  for (const Item& item : shared_.queue) {
    const auto* frame = std::get_if<FramePtr>(&item);
    if (!frame) continue;
    if ((*frame)->state != FrameState::Ready) break;
    count++;
  }
  return count;
}

// `due`: when to look again if nothing comes.
bool Analyzer::is_batch_full(const Waiting& waiting, const AnalyzerSettings& settings,
                             GstClockTime now, std::optional<Clock::time_point>& due) const {
  if (keeps_time(settings) && now >= latest_begin(*waiting.frames.front(), settings)) return true;
  if (waiting.frames.size() >= settings.batch_size || waiting.barrier != Barrier::None) return true;
  due = waiting.frames.front()->arrival + std::chrono::nanoseconds(settings.batch_timeout);
  return *due <= Clock::now();
}

Analyzer::Task Analyzer::find_task(const AnalyzerSettings& settings, GstClockTime now,
                                   std::optional<Clock::time_point>& due) {
  Task task;
  task.epoch = shared_.epoch;
  task.stop = shared_.stop.get_token();
  Waiting waiting = find_waiting();
  if (keeps_time(settings)) {
    skip_late(waiting.frames, settings, now);
    const auto work = static_cast<GstClockTime>(shared_.work_time.announced());
    task.decide_until = index_that_cannot_wait(settings, now, waiting.frames.empty() ? 0 : work);
    if (task.decide_until) return task;
  } else {
    // Downstream is slower than the model: more results would only fill the queue.
    if (count_leaving() >= settings.batch_size) return task;
  }
  if (waiting.frames.empty()) {
    task.barrier = waiting.barrier;
    shared_.is_inferring = waiting.barrier != Barrier::None;  // deciding may need an inference
    shared_.cursor = waiting.end + (waiting.barrier == Barrier::None ? 0 : 1);
    return task;
  }
  if (is_batch_full(waiting, settings, now, due)) begin_task(task, std::move(waiting), settings);
  return task;
}

void Analyzer::begin_task(Task& task, Waiting waiting, const AnalyzerSettings& settings) {
  if (waiting.frames.size() > settings.batch_size) waiting.frames.resize(settings.batch_size);
  for (const FramePtr& frame : waiting.frames) frame->state = FrameState::Running;
  AnalyzedFrame& first = waiting.frames.front()->work;
  shared_.passed.pass_on_to(first);
  task.frames = std::move(waiting.frames);
  shared_.is_inferring = true;
  const char* why = task.frames.size() >= settings.batch_size ? "full"
                    : waiting.barrier != Barrier::None        ? "an event or query follows"
                                                              : "timeout";
  GST_DEBUG_OBJECT(element_, "takes a batch of %zu frames from %" G_GUINT64_FORMAT ": %s",
                   task.frames.size(), first.index, why);
  // `must_leave` is true from now on for frames whose time is over: the source pad's task need not
  // wait for this inference to push them.
  changed_.notify_all();
}

// --- doing it

// What a flush has discarded may fail unnoticed: nobody waits for its results either.
void Analyzer::execute(Task& task) {
  try {
    execute_steps(task);
  } catch (...) {
    if (!task.stop.stop_requested()) throw;
    GST_DEBUG_OBJECT(element_, "an inference that a flush had discarded failed");
    end_inference();
  }
}

void Analyzer::execute_steps(Task& task) {
  if (!task.frames.empty()) {
    const bool done = wait_until_ready(task) && analyze(task);
    end_inference();  // before `settle`, which wakes those who look at is_inferring
    if (done) settle(task.epoch, false);
    return;
  }
  if (task.stop.stop_requested()) return end_inference();
  if (task.decide_until) {
    analysis_->decide_until(*task.decide_until);
    settle(task.epoch, false);
  }
  if (task.barrier == Barrier::Query) decide_for_query(task.epoch);
  if (task.barrier == Barrier::End) {
    analysis_->decide_all();
    settle(task.epoch, true);
  }
  end_inference();
}

// Upstream waits for the answer, so no later frame can come that decides. `decide_until` lets the
// sequence of frames continue after the query; only if that leaves frames undecided is it ended.
void Analyzer::decide_for_query(std::uint64_t epoch) {
  analysis_->decide_until(G_MAXUINT64);
  settle(epoch, false);
  {
    const std::lock_guard lock(mutex_);
    if (!has_undecided()) return;
  }
  analysis_->decide_all();
  settle(epoch, true);
}

bool Analyzer::has_undecided() const { return count_frames(FrameState::Undecided) > 0; }

// Waits for what the analysis loads. False if it failed, or a flush or the end came first.
bool Analyzer::wait_until_ready(const Task& task) {
  if (analysis_thread_.is_ready) return true;
  const auto ready = analysis_->wait_until_ready(task.stop);
  analysis_thread_.is_ready = ready.ok();
  if (ready) return true;
  if (ready.error().code == ErrorCode::Cancelled) return false;
  report(ready.error());
  stop_flow(GST_FLOW_ERROR, task.epoch);
  return false;
}

void Analyzer::reset_if_new(std::uint64_t stream) {
  if (analysis_thread_.stream == stream) return;
  analysis_thread_.stream = stream;
  GST_DEBUG_OBJECT(element_, "a new stream: earlier frames are forgotten");
  analysis_->reset();
}

// Frames may have gone while the model was loaded. The next frame inherits their cuts and breaks.
void Analyzer::drop_gone_frames(Task& task) {
  const auto has_gone = [](const FramePtr& frame) { return frame->state == FrameState::Gone; };
  Passed passed;
  for (const FramePtr& frame : task.frames) {
    AnalyzedFrame& work = frame->work;
    if (has_gone(frame)) {
      passed.add(work);
    } else {
      passed.pass_on_to(work);
    }
  }
  std::erase_if(task.frames, has_gone);
  if (!passed.stream) return;
  if (shared_.passed.stream == passed.stream) {
    passed.boundary = stronger(passed.boundary, shared_.passed.boundary);
    passed.has_break |= shared_.passed.has_break;
  }
  shared_.passed = passed;
}

// Copies, without the results: the source pad's task may push and change the frames meanwhile, and
// a flush may drop them.
std::vector<AnalyzedFrame> Analyzer::batch_of(Task& task) {
  std::vector<AnalyzedFrame> batch;
  const std::lock_guard lock(mutex_);
  drop_gone_frames(task);
  for (const FramePtr& frame : task.frames) {
    const AnalyzedFrame& work = frame->work;
    AnalyzedFrame copy;
    copy.buffer = work.buffer;
    copy.info = work.info;
    copy.caps_info = work.caps_info;
    copy.segment = work.segment;
    copy.stream = work.stream;
    copy.index = work.index;
    copy.is_discont = work.is_discont;
    copy.boundary = work.boundary;
    copy.skipped = work.skipped;
    if (work.pixels) copy.image = work.pixels->open();
    batch.push_back(std::move(copy));
  }
  return batch;
}

// False when there is no result: a flush, or an error that was posted.
bool Analyzer::analyze(Task& task) {
  std::vector<AnalyzedFrame> batch = batch_of(task);
  if (batch.empty()) return false;
  reset_if_new(batch.front().stream);
  Result<void> result = analysis_->prepare(batch, task.stop);
  const auto clock = this->clock();
  const GstClockTime begin = gst_clock_get_time(clock.get());
  Clock::duration work{};  // without the wait for a worker
  const bool ran = !result || run([&] {
    const auto work_began = Clock::now();
    result = analysis_->analyze(batch, task.stop);
    work = Clock::now() - work_began;
  });
  if (ran && result) {
    // The announced latency is that of the usual work: a pair's first frame takes less.
    const bool is_usual = std::any_of(batch.begin(), batch.end(), [](const AnalyzedFrame& frame) {
      return !frame.skipped && (!frame.result || frame.result->has_result());
    });
    store_results(task, batch, work);
    if (is_usual) record_time(task.frames, begin, gst_clock_get_time(clock.get()));
    return true;
  }
  if (!ran || result.error().code == ErrorCode::Cancelled || task.stop.stop_requested()) {
    return false;  // nobody wants the result any more
  }
  report(result.error());
  stop_flow(GST_FLOW_ERROR, task.epoch);
  return false;
}

// The copies are freed before any frame can leave: a second reference to a buffer would make
// gst_buffer_make_writable() copy it in `push_frame`. After a flush this writes to frames that are
// in the queue no more, which does no harm.
void Analyzer::store_results(const Task& task, std::vector<AnalyzedFrame>& batch,
                             Clock::duration duration) {
  struct Outcome {
    std::unique_ptr<FrameResult> result;
    const char* skipped;
  };
  std::vector<Outcome> results;
  results.reserve(batch.size());
  for (AnalyzedFrame& frame : batch) results.push_back({std::move(frame.result), frame.skipped});
  batch.clear();
  const std::lock_guard lock(mutex_);
  std::size_t analyzed = 0;
  for (std::size_t i = 0; i < task.frames.size(); i++) {
    Frame& frame = *task.frames[i];
    if (frame.state == FrameState::Gone) continue;  // `skip` has counted it
    AnalyzedFrame& work = frame.work;
    work.result = std::move(results[i].result);
    work.skipped = results[i].skipped;
    frame.state = FrameState::Undecided;
    if (work.pixels && !work.pixels->is_shared()) work.pixels.reset();  // it would lock the pixels
    analyzed += !work.skipped;
    shared_.counts.skipped += work.skipped != nullptr;
  }
  for (Item& item : shared_.queue) {  // there are more frames now: those can perhaps be decided
    if (auto* frame = std::get_if<FramePtr>(&item)) (*frame)->was_asked_to_decide = false;
  }
  count_batch(analyzed, duration);
}

void Analyzer::count_batch(std::size_t analyzed, Clock::duration duration) {
  const double ms = std::chrono::duration<double, std::milli>(duration).count();
  GST_LOG_OBJECT(element_, "a batch with %zu results took %.1f ms", analyzed, ms);
  shared_.counts.analyzed += analyzed;
  if (analyzed == 0) return;
  shared_.counts.batches++;
  shared_.counts.inference_ms += ms;
  BatchCounts& of_this_size = shared_.counts.by_size[analyzed];
  of_this_size.batches++;
  of_this_size.ms += ms;
}

// Makes Ready what is decided; what must not wait any longer (`all`), too. Results of an older
// epoch are ignored: the queue has other frames since.
void Analyzer::settle(std::uint64_t epoch, bool all) {
  const std::lock_guard lock(mutex_);
  if (epoch != shared_.epoch) return;
  for (Item& item : shared_.queue) {
    auto* frame = std::get_if<FramePtr>(&item);
    if (!frame || (*frame)->state != FrameState::Undecided) continue;
    const auto& result = (*frame)->work.result;
    if (all || !result || result->is_decided()) (*frame)->state = FrameState::Ready;
  }
  changed_.notify_all();
}

// The time of an inference, with the wait for a worker that was busy: that delays frames, too.
void Analyzer::record_time(const std::vector<FramePtr>& frames, GstClockTime begin,
                           GstClockTime now) {
  const AnalyzerSettings settings = this->settings();
  const std::lock_guard lock(mutex_);
  shared_.work_time.add(static_cast<std::int64_t>(now - begin));
  const bool has_missed = std::any_of(frames.begin(), frames.end(), [](const FramePtr& frame) {
    return frame->state == FrameState::Gone && frame->work.is_skipped(kSkippedLate);
  });
  if (has_missed) shared_.work_time.add_missed();
  const bool known = GST_CLOCK_TIME_IS_VALID(shared_.frame_duration);
  const LatencyEstimate::Whole whole{static_cast<std::int64_t>(latency_beside_work(settings)),
                                     known ? static_cast<std::int64_t>(shared_.frame_duration) : 0};
  if (!shared_.work_time.announce(static_cast<std::int64_t>(now), whole)) return;
  shared_.notices.add_latency();
  changed_.notify_all();  // frames are due at other times now
}

}  // namespace gsttorch
