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
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include <gst/video/video.h>

#include "lib/base/continuity.h"
#include "lib/base/latency_estimate.h"
#include "lib/gst/analyzer/analysis.h"
#include "lib/gst/analyzer/analyzer_counts.h"
#include "lib/gst/analyzer/clock_alarm.h"
#include "lib/gst/analyzer/frame_steps.h"
#include "lib/gst/analyzer/notices.h"
#include "lib/gst/analyzer/shot_boundary.h"
#include "lib/gst/analyzer/streaming_task.h"
#include "lib/gst/util/ref.h"
#include "lib/gst/util/video_frame.h"

namespace gsttorch {

class FrameTable;
class Runtime;

struct AnalyzerPads {
  GstPad* sink = nullptr;
  GstPad* src = nullptr;
};

/// What an analyser adds to the latency of its pipeline, ns.
struct OwnLatency {
  GstClockTime min = 0;
  GstClockTime max = 0;
};

/// What makes an element of an Analysis: like `queue`, frames, serialized events and serialized
/// queries go through one queue, so that their order is kept. One frame in, one frame out.
///
/// Three threads meet at that queue. Upstream's puts in (analyzer_input.cpp). The analysis task
/// takes frames to a worker and waits for it (analyzer_inference.cpp). The task of the source pad
/// pushes what is first, once it is decided (analyzer_output.cpp). In a live pipeline a frame that
/// is not decided when its time is over is pushed all the same, and what waited too long is not
/// analysed (analyzer_live.cpp), so that a model that is too slow costs results and never frames.
///
/// The functions of the sink pad (`chain`, `sink_event`, `sink_query`) are called by upstream's
/// thread, everything else by any thread.
class Analyzer final : public AnalyzerHost {
 public:
  Analyzer(GstElement* element, AnalyzerPads pads);
  ~Analyzer() override;

  void set_analysis(std::unique_ptr<Analysis> analysis) { analysis_ = std::move(analysis); }
  const Analysis& analysis() const { return *analysis_; }

  // AnalyzerHost
  GstElement* element() const override { return element_; }
  AnalyzerSettings settings() const override;
  void set_post_messages(bool post) override {
    change_settings([post](AnalyzerSettings& settings) { settings.post_messages = post; });
  }
  Models& models() override;
  std::size_t memory_limit() const override;
  std::size_t available_memory(std::size_t held) const override;
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
  /// A property that is read when the model is loaded was set: it is loaded again at the next start
  /// of streaming.
  void model_settings_changed() { has_new_model_settings_ = true; }

  AnalyzerCounts counts() const;
  OwnLatency own_latency() const;
  /// Tells the application that the answer to the LATENCY query is another now.
  void announce_latency();
  /// Tells it, at once or soon, where it is another than before.
  void latency_may_have_changed(const OwnLatency& before);
  void set_clock(GstClock* clock);

  /// From NULL to READY, and back.
  Result<void> start();
  void stop();
  /// From READY to PAUSED: takes up model settings that were changed in READY.
  Result<void> prepare();
  /// Pads: begins or ends to take frames in, and to push them out.
  void activate_sink(bool active);
  bool activate_src(bool active);

  GstFlowReturn chain(Ref<GstBuffer> buffer);
  GstFlowReturn sink_event(GstEvent* event);  // takes the event
  /// The context of the CUDA device that the work runs on, for elements that ask; or null.
  Ref<GstContext> cuda_context() const;
  bool sink_query(GstQuery* query);
  bool src_event(GstEvent* event);  // takes the event
  bool src_query(GstQuery* query);

 private:
  using Clock = std::chrono::steady_clock;

  enum class FrameState {
    Waiting,    // for its analysis
    Running,    // is analysed
    Undecided,  // was analysed, and waits for later frames to decide
    Ready,      // can be pushed
    Gone,       // was pushed while it was analysed
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
    bool ends_sequence;  // what comes after it says nothing of the frames before
  };
  struct QueuedQuery {
    GstQuery* query;  // of upstream's thread, which waits
  };
  using Item = std::variant<FramePtr, QueuedEvent, QueuedQuery>;
  using Lock = std::unique_lock<std::mutex>;

  // What upstream's thread knows of the stream that it sends; begun again by `begin_stream`.
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
  // What frames that were not analysed leave to the next that is.
  struct Passed {
    std::optional<std::uint64_t> stream;
    GstTorchShotBoundary boundary = GST_TORCH_SHOT_BOUNDARY_NONE;
    bool has_break = false;

    void add(const AnalyzedFrame& frame) {
      if (stream != frame.stream) *this = {frame.stream};
      boundary = stronger(boundary, frame.boundary);
      has_break |= frame.is_discont;
    }
    /// Frames of another stream have nothing to do with it.
    void leave_to(AnalyzedFrame& frame) {
      if (stream == frame.stream) {
        frame.boundary = stronger(boundary, frame.boundary);
        frame.is_discont |= has_break;
      }
      *this = {};
    }
  };
  // Where no frame before waits for one after.
  enum class Barrier { None, Query, End };
  // What the analysis task does next.
  struct Task {
    std::vector<FramePtr> frames;               // to be analysed
    std::optional<std::uint64_t> decide_until;  // index of a frame that cannot wait
    Barrier barrier = Barrier::None;            // reached: everything before it is to be decided
    std::uint64_t epoch = 0;
    std::stop_token stop;

    bool is_empty() const { return frames.empty() && !decide_until && barrier == Barrier::None; }
  };
  // What of the queue can be analysed, up to the first barrier.
  struct Waiting {
    std::vector<FramePtr> frames;
    std::size_t end = 0;  // position of the barrier, or after the last item
    Barrier barrier = Barrier::None;
  };

  // States and pads: analyzer.cpp.
  void share_cuda(const std::string& device);
  void open();
  void reopen();
  void close();
  bool deactivate_src();
  void end_analysis_task();
  void wake();

  // The sink pad: analyzer_input.cpp.
  bool has_space(const AnalyzerSettings& settings) const;
  Ref<GstBuffer> own_copy_if_scarce(Ref<GstBuffer> buffer);
  void stamp(Frame& frame, Lock& lock) const;
  FramePtr make_frame(Ref<GstBuffer> buffer, const AnalyzerSettings& settings);
  bool is_discont(GstBuffer* buffer, VideoSize visible);
  const char* reason_to_skip(const AnalyzedFrame& frame, const AnalyzerSettings& settings) const;
  void flush();
  void begin_stream();
  bool note_event(GstEvent* event);
  bool use_caps(GstCaps* caps);
  GstClockTime caps_frame_duration() const;
  void set_frame_duration(GstClockTime duration);
  GstFlowReturn queue_event(QueuedEvent event);
  void refuse_eos(GstFlowReturn flow);
  void clear_queue();
  void keep_sticky(GstEvent* event);
  static guint most_waiting(const AnalyzerSettings& settings) { return settings.batch_size; }
  guint most_held(const AnalyzerSettings& settings) const;
  std::size_t count_frames() const;
  std::size_t count_frames(FrameState state) const;

  // Live pipelines: analyzer_live.cpp.
  bool keeps_time(const AnalyzerSettings& settings) const;
  void ask_upstream_latency();
  Ref<GstClock> clock() const;
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
  void tell(const Notices::Due& due);
  void tell_what_is_due();

  // The analysis task: analyzer_inference.cpp.
  void analyze_next();
  Task wait_for_task();
  Waiting find_waiting() const;
  std::size_t count_leaving() const;
  Task find_task(const AnalyzerSettings& settings, GstClockTime now,
                 std::optional<Clock::time_point>& due);
  bool is_batch_full(const Waiting& waiting, const AnalyzerSettings& settings, GstClockTime now,
                     std::optional<Clock::time_point>& due) const;
  void begin_task(Task& task, Waiting waiting, const AnalyzerSettings& settings);
  bool become_ready(const std::stop_token& stop);
  void do_task(Task& task);
  void reset_if_new(std::uint64_t stream);
  bool analyze(Task& task);
  void leave_out_gone(Task& task);
  std::vector<AnalyzedFrame> batch_of(Task& task);
  void store_results(const Task& task, std::vector<AnalyzedFrame>& batch, Clock::duration duration);
  void count_batch(std::size_t analyzed, Clock::duration duration);
  void end_inference();
  void settle(std::uint64_t epoch, bool all);
  void note_time(const std::vector<FramePtr>& frames, GstClockTime begin, GstClockTime now);
  void decide_for_query(std::uint64_t epoch);
  bool has_undecided() const;
  void enter_worker();
  void fail();

  // The task of the source pad: analyzer_output.cpp.
  bool start_task();
  void give_up_answer();
  void push_next();
  bool wait_for_output(Item& item);
  bool take_output(Item& item, const AnalyzerSettings& settings, GstClockTime now);
  bool can_leave(Frame& frame, const AnalyzerSettings& settings, GstClockTime now);
  GstClockTime next_leaving(const AnalyzerSettings& settings) const;
  GstFlowReturn flow() const;
  bool end_task();
  void push(Item item);
  void push_queued_event(Ref<GstEvent> event);
  void push_frame(AnalyzedFrame& frame);
  void end_segment();
  void answer(GstQuery* query);
  bool answer_allocation(GstQuery* query);
  void offer_memory(GstQuery* query, const GstVideoInfo& info, guint buffers);
  void stop_on(GstFlowReturn flow);
  bool is_flowing() const;

  GstElement* const element_;  // owns this
  const AnalyzerPads pads_;    // of the element
  Runtime& runtime_;           // of the process
  std::unique_ptr<Analysis> analysis_;
  std::atomic<bool> reported_ = false;
  std::atomic<bool> ask_latency_ = true;
  std::atomic<bool> has_new_model_settings_ = false;

  mutable std::mutex settings_mutex_;
  AnalyzerSettings settings_;  // guarded by settings_mutex_, which is taken after mutex_

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  std::deque<Item> queue_;
  std::size_t cursor_ = 0;  // items at the front of queue_ that the analysis task is done with
  GstFlowReturn flow_ = GST_FLOW_FLUSHING;
  std::uint64_t epoch_ = 0;           // counts flushes: what was begun in another is void
  bool eos_ = false;                  // upstream said so: no more frames
  bool refuses_frames_ = false;       // downstream wants no more of this segment
  bool is_inferring_ = false;         // the analysis task is with a worker, or waits for one
  bool is_active_ = false;            // the source pad is
  std::size_t gone_frames_ = 0;       // that the inference still holds
  bool is_ending_ = false;            // the analysis task is to end
  bool has_told_downstream_ = false;  // that the flow ended, with an EOS
  GstQuery* answering_ = nullptr;
  GstQuery* answered_ = nullptr;
  bool answer_ = false;
  std::stop_source stop_;
  AnalyzerCounts counts_;
  LatencyEstimate work_;
  GstClockTime frame_duration_ = GST_CLOCK_TIME_NONE;
  std::uint64_t stream_ = 0;
  Passed passed_;
  bool is_live_ = false;
  Ref<GstClock> clock_;
  Notices notices_;
  std::string device_;                 // empty until the analysis is ready
  std::set<std::thread::id> workers_;  // that have worked for this since it was started
  Ref<GstContext> cuda_context_;
  std::shared_ptr<FrameTable> frames_;  // of those that share the element's context

  Entry entry_;  // of upstream's thread; of others only while the pad is not active

  // Of the analysis task; of others only while it does not run.
  std::uint64_t sequence_stream_ = 0;  // that was analysed last
  StreamingTask analysis_task_;
  ClockAlarm decision_alarm_;

  // Of the task of the source pad; of others only while it is paused.
  std::atomic<bool> drops_frames_ = false;  // downstream wants no more until another segment
  ClockAlarm output_alarm_;
  Ref<GstAllocator> input_allocator_;  // made when upstream is offered it
};

}  // namespace gsttorch
