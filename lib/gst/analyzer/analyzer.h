// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include <gst/video/video.h>

#include "lib/base/continuity.h"
#include "lib/base/executor.h"
#include "lib/base/latency_estimate.h"
#include "lib/gst/analyzer/analysis.h"
#include "lib/gst/analyzer/analyzer_counts.h"
#include "lib/gst/analyzer/clock_alarm.h"
#include "lib/gst/analyzer/frame_steps.h"
#include "lib/gst/analyzer/notices.h"
#include "lib/gst/analyzer/shot_boundary.h"
#include "lib/gst/analyzer/streaming_task.h"
#include "lib/gst/util/ref.h"
#include "lib/gst/util/video_info.h"

namespace gsttorch {

struct AnalyzerPads {
  GstPad* sink = nullptr;
  GstPad* src = nullptr;
};

/// What an analyser adds to the latency of its pipeline, ns.
struct OwnLatency {
  GstClockTime min = 0;
  GstClockTime max = 0;
};

/// The work of an analysis element: frames in, the same frames out in the same order, with an
/// Analysis in between. As in `queue`, frames, serialized events and serialized queries pass
/// through one queue, so that their order is kept.
///
/// Three threads meet at that queue: upstream's thread fills it (analyzer_input.cpp), the analysis
/// task takes batches of frames to a worker (analyzer_inference.cpp), and the source pad's task
/// pushes what is first and ready (analyzer_output.cpp). analyzer_live.cpp has the rules of live
/// pipelines. The life of a buffer is described at the top of analyzer.cpp.
///
/// `chain`, `sink_event` and `sink_query` are called by upstream's thread, all else by any thread.
class Analyzer : public virtual AnalyzerHost {
 public:
  Analyzer(GstElement* element, AnalyzerPads pads);
  ~Analyzer() override;

  /// The work; takes it. Once, before anything else is called.
  void set_analysis(Analysis* analysis) { analysis_.reset(analysis); }

  // AnalyzerHost
  GstElement* element() const override { return element_; }
  AnalyzerSettings settings() const override;
  void set_post_messages(bool post) override {
    change_settings([post](AnalyzerSettings& settings) { settings.post_messages = post; });
  }
  void log(const std::string& text) const override;
  void report(const Error& error) override;
  bool run(std::function<void()> work) override;
  bool is_live() const override;
  std::stop_token stop_token() const override;
  void push_event(GstEvent* event) override { gst_pad_push_event(pads_.src, event); }

  template <typename Fn>
  void change_settings(Fn&& change) {
    {
      const std::lock_guard lock(settings_mutex_);
      change(settings_);
    }
    wake();
  }
  /// A property that the analysis reads in `start` was set: it is started again before the next
  /// frame (`prepare`).
  void start_settings_changed() { needs_restart_ = true; }

  AnalyzerCounts counts() const;
  OwnLatency own_latency() const;
  /// Posts that the answer to the LATENCY query has changed.
  void announce_latency();
  /// Posts it, at once or soon, if it has changed.
  void latency_may_have_changed(const OwnLatency& before);
  /// What the analysis adds to `stats`, and what a class above this one does.
  virtual void add_stats(GstStructure* stats) const;
  void set_clock(GstClock* clock);

  /// From NULL to READY, and back.
  virtual Result<void> start();
  virtual void stop();
  /// From READY to PAUSED: starts the analysis again if such settings were changed in READY.
  Result<void> prepare();
  /// The pads' activation functions.
  void activate_sink(bool active);
  bool activate_src(bool active);

  GstFlowReturn chain(Ref<GstBuffer> buffer);
  GstFlowReturn sink_event(GstEvent* given);  // takes the event
  bool sink_query(GstQuery* query);
  bool src_event(GstEvent* event);  // takes the event
  bool src_query(GstQuery* query);
  /// A CONTEXT query, from either side. True if it was answered; otherwise it is forwarded.
  virtual bool answer_context_query(GstQuery* /*query*/) { return false; }

 protected:
  // What a class above this one may replace. All are called without locks.

  /// Stops the analysis and starts it again, in READY.
  virtual Result<void> restart();
  /// The source pad was activated, or is being deactivated.
  virtual void set_active(bool /*active*/) {}
  /// Runs work and waits for it; here in the calling thread. False where `options.stop` was
  /// requested before it began. Called by the analysis task.
  virtual bool run_work(std::function<void()> work, const JobOptions& options);
  /// What to keep with a frame that came in; null: nothing. `info` is the caps'. Called by
  /// upstream's thread.
  virtual std::shared_ptr<FramePixels> pixels_of(GstBuffer* /*buffer*/,
                                                 const GstVideoInfo& /*info*/) {
    return nullptr;
  }
  /// The memory that upstream should write frames to; null: any. Called by the source pad's task.
  virtual GstAllocator* input_allocator() { return nullptr; }

  const AnalyzerPads& pads() const { return pads_; }

 private:
  using Clock = std::chrono::steady_clock;

  enum class FrameState {
    Waiting,    // for its analysis
    Running,    // is being analysed
    Undecided,  // was analysed; later frames decide its result
    Ready,      // can be pushed
    Gone,       // was pushed while it was being analysed; its result is dropped
  };
  struct Frame {
    AnalyzedFrame work;
    FrameState state = FrameState::Waiting;
    Clock::time_point arrival;         // for batch-timeout
    GstClockTime arrival_time = 0;     // of the pipeline's clock
    bool was_asked_to_decide = false;  // in vain
  };
  using FramePtr = std::shared_ptr<Frame>;
  struct QueuedEvent {
    Ref<GstEvent> event;
    bool ends_sequence;  // frames after it cannot decide frames before it
  };
  struct QueuedQuery {
    GstQuery* query;  // owned by upstream's thread, which waits for the answer
  };
  using Item = std::variant<FramePtr, QueuedEvent, QueuedQuery>;
  using Lock = std::unique_lock<std::mutex>;

  // What frames that were not analysed hand on to the next one that is: a cut or a break must not
  // get lost with the frame that it was found on.
  struct Passed {
    std::optional<std::uint64_t> stream;
    GstTorchShotBoundary boundary = GST_TORCH_SHOT_BOUNDARY_NONE;
    bool has_break = false;

    void add(const AnalyzedFrame& frame) {
      if (stream != frame.stream) *this = {frame.stream};
      boundary = stronger(boundary, frame.boundary);
      has_break |= frame.is_discont;
    }
    /// Does nothing to a frame of another stream.
    void pass_on_to(AnalyzedFrame& frame) {
      if (stream == frame.stream) {
        frame.boundary = stronger(boundary, frame.boundary);
        frame.is_discont |= has_break;
      }
      *this = {};
    }
  };
  // An item in the queue at which all frames before it are decided without the frames after it.
  enum class Barrier { None, Query, End };
  // What the analysis task does next.
  struct Task {
    std::vector<FramePtr> frames;               // to be analysed
    std::optional<std::uint64_t> decide_until;  // index of a frame that cannot wait
    Barrier barrier = Barrier::None;            // everything before it is to be decided
    std::uint64_t epoch = 0;
    std::stop_token stop;

    bool is_empty() const { return frames.empty() && !decide_until && barrier == Barrier::None; }
  };
  // The frames that can be analysed now: those up to the first barrier.
  struct Waiting {
    std::vector<FramePtr> frames;
    std::size_t end = 0;  // position of the barrier, or after the last item
    Barrier barrier = Barrier::None;
  };

  // --- the members, grouped by who may touch them

  // Guarded by mutex_.
  struct Shared {
    std::deque<Item> queue;
    std::size_t cursor = 0;  // number of items at the front that the analysis task is done with
    GstFlowReturn flow = GST_FLOW_FLUSHING;  // what `chain` returns; OK while data flows
    std::uint64_t epoch = 0;             // counts flushes: results of an older epoch are dropped
    std::vector<Ref<GstEvent>> flushed;  // events dropped by flushes since the last item was taken
    std::stop_source stop;               // of this epoch
    bool is_eos = false;                 // upstream sent EOS: no more frames
    bool refuses_frames = false;         // downstream wants no more frames of this segment
    bool has_sent_eos = false;           // downstream was sent an EOS because the flow stopped
    bool is_active = false;              // the source pad is
    bool is_ending = false;              // the analysis task is to return
    bool is_inferring = false;           // the analysis task uses a worker, or waits for one
    std::size_t gone_frames = 0;         // frames in state Gone that the inference still uses
    Passed passed;
    std::uint64_t stream = 0;  // number of the stream that upstream sends

    GstQuery* answering = nullptr;  // the query that the source pad's task works on
    GstQuery* answered = nullptr;   // the query that `answer` belongs to
    bool answer = false;

    bool is_live = false;
    Ref<GstClock> clock;
    GstClockTime frame_duration = GST_CLOCK_TIME_NONE;
    LatencyEstimate work_time;
    Notices notices;
    AnalyzerCounts counts;
  };

  // Of upstream's thread, under the sink pad's stream lock: what it knows of its stream.
  // `begin_stream` resets what depends on earlier frames.
  struct Entry {
    GstVideoInfo info = {};
    bool has_info = false;
    GstSegment segment;
    Continuity continuity;
    VideoSize visible;
    std::uint64_t next_index = 0;
    GstClockTime last_pts = GST_CLOCK_TIME_NONE;
    FrameSteps steps;
    bool is_marked = false;  // a new segment came
  };

  // Of the analysis task, and of other threads while the task does not run.
  struct AnalysisThread {
    std::uint64_t stream = 0;  // that was analysed last
    bool is_ready = false;     // the analysis is
    StreamingTask task;
    ClockAlarm alarm;
  };

  // Of the source pad's task, and of other threads while the task is paused.
  struct OutputThread {
    // Downstream wants no more frames before the next segment. Atomic because a FLUSH_STOP without
    // a FLUSH_START clears it while the task runs.
    std::atomic<bool> drops_frames = false;
    std::uint64_t epoch = 0;  // in which the last item was taken from the queue
    ClockAlarm alarm;
  };

  // --- states and pads: analyzer.cpp. Any thread, without mutex_.
  void open();
  void reopen();  // with mutex_
  void close();
  bool deactivate_src();
  void end_analysis_task();
  void wake();

  // --- the sink pad: analyzer_input.cpp. Upstream's thread, without mutex_.
  Ref<GstBuffer> own_copy_if_scarce(Ref<GstBuffer> buffer);
  FramePtr make_frame(Ref<GstBuffer> buffer, const AnalyzerSettings& settings);
  bool is_discont(GstBuffer* buffer, VideoSize visible);
  const char* reason_to_skip(const AnalyzedFrame& frame, const AnalyzerSettings& settings) const;
  void flush();
  void begin_stream();
  bool process_event(GstEvent* event);
  bool use_caps(GstCaps* caps);
  GstClockTime caps_frame_duration() const;
  void set_frame_duration(GstClockTime duration);
  GstFlowReturn queue_event(QueuedEvent event);
  void refuse_eos(GstFlowReturn flow);
  // Any thread, without mutex_.
  void clear_queue();
  void store_sticky(GstEvent* event);
  void store_flushed_again();
  // With mutex_.
  bool has_space(const AnalyzerSettings& settings) const;
  void stamp(Frame& frame, Lock& lock) const;
  static guint most_waiting(const AnalyzerSettings& settings) { return settings.batch_size; }
  guint most_held(const AnalyzerSettings& settings) const;
  std::size_t count_frames() const;
  std::size_t count_frames(FrameState state) const;

  // --- live pipelines: analyzer_live.cpp. Any thread, with mutex_.
  bool keeps_time(const AnalyzerSettings& settings) const;
  OwnLatency own_latency_of(const AnalyzerSettings& settings) const;
  GstClockTime step(const AnalyzerSettings& settings) const;
  GstClockTime longest_wait(const AnalyzerSettings& settings) const;
  GstClockTime latency_beside_work(const AnalyzerSettings& settings) const;
  bool is_model_slow(const AnalyzerSettings& settings) const;
  GstClockTime bound_of_waiting(const AnalyzerSettings& settings) const;
  GstClockTime due_time(const Frame& frame, const AnalyzerSettings& settings) const;
  bool must_leave(const Frame& frame, const AnalyzerSettings& settings, GstClockTime now) const;
  void skip_late(std::vector<FramePtr>& frames, const AnalyzerSettings& settings, GstClockTime now);
  void skip(Frame& frame);
  void skip_all_but_newest();
  std::optional<std::uint64_t> index_that_cannot_wait(const AnalyzerSettings& settings,
                                                      GstClockTime now, GstClockTime ahead);
  GstClockTime latest_begin(const Frame& frame, const AnalyzerSettings& settings) const;
  GstClockTime next_due_task(const AnalyzerSettings& settings) const;
  // Without mutex_: these call other elements or post messages.
  void ask_upstream_latency();
  Ref<GstClock> clock() const;
  void post_notice(const Notices::Due& due);
  void post_due_notice();

  // --- the analysis task: analyzer_inference.cpp. Its thread, without mutex_.
  void analyze_next();
  Task wait_for_task();
  void execute(Task& task);
  void execute_steps(Task& task);
  bool wait_until_ready(const Task& task);
  void reset_if_new(std::uint64_t stream);
  bool analyze(Task& task);
  std::vector<AnalyzedFrame> batch_of(Task& task);
  void store_results(const Task& task, std::vector<AnalyzedFrame>& batch, Clock::duration duration);
  void end_inference();
  void settle(std::uint64_t epoch, bool all);
  void record_time(const std::vector<FramePtr>& frames, GstClockTime begin, GstClockTime now);
  void decide_for_query(std::uint64_t epoch);
  void fail(std::uint64_t epoch);  // the source pad's task, too
  // With mutex_.
  Waiting find_waiting() const;
  std::size_t count_leaving() const;
  Task find_task(const AnalyzerSettings& settings, GstClockTime now,
                 std::optional<Clock::time_point>& due);
  bool is_batch_full(const Waiting& waiting, const AnalyzerSettings& settings, GstClockTime now,
                     std::optional<Clock::time_point>& due) const;
  void begin_task(Task& task, Waiting waiting, const AnalyzerSettings& settings);
  void drop_gone_frames(Task& task);
  void count_batch(std::size_t analyzed, Clock::duration duration);
  bool has_undecided() const;

  // --- the source pad: analyzer_output.cpp. The pad's task, without mutex_.
  void push_next();
  bool wait_for_output(Item& item);
  bool end_task();
  void push(Item item);
  void push_queued_event(Ref<GstEvent> event);
  void push_frame(AnalyzedFrame& frame);
  void end_segment();
  void answer(GstQuery* query);
  bool answer_allocation(GstQuery* query);
  void offer_memory(GstQuery* query, const GstVideoInfo& info, guint buffers);
  void give_up_answer();
  // Any thread, without mutex_.
  GstFlowReturn flow() const;
  bool is_flowing() const;
  void stop_flow(GstFlowReturn flow, std::uint64_t epoch);
  // Any thread, with or without mutex_.
  bool start_task();
  // With mutex_.
  bool pop_ready_item(Item& item, const AnalyzerSettings& settings, GstClockTime now);
  bool can_leave(Frame& frame, const AnalyzerSettings& settings, GstClockTime now);
  GstClockTime next_leaving(const AnalyzerSettings& settings) const;

  // Of any thread.
  GstElement* const element_;  // owns this
  const AnalyzerPads pads_;    // of the element
  std::unique_ptr<Analysis> analysis_;
  std::atomic<bool> reported_ = false;    // an error was posted
  std::atomic<bool> ask_latency_ = true;  // upstream is to be asked again whether it is live
  std::atomic<bool> needs_restart_ = false;

  mutable std::mutex settings_mutex_;  // may be locked while mutex_ is, never the other way round
  AnalyzerSettings settings_;          // guarded by settings_mutex_

  mutable std::mutex mutex_;
  std::condition_variable changed_;  // notified when anything in shared_ or settings_ changed
  Shared shared_;

  Entry entry_;
  AnalysisThread analysis_thread_;
  OutputThread output_;
};

}  // namespace gsttorch
