// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <variant>
#include <vector>

#include <gst/video/video.h>

#include "lib/core/continuity.h"
#include "lib/core/latency_estimate.h"
#include "lib/gst/analyzer/analysis.h"
#include "lib/gst/ref.h"

namespace gsttorch {

class Runtime;

struct AnalyzerPads {
  GstPad* sink = nullptr;
  GstPad* src = nullptr;
};

/// The batches of one size.
struct BatchCounts {
  guint64 batches = 0;
  double ms = 0;  ///< sum over them
};

/// What an analyser has done since it was started.
struct AnalyzerCounts {
  guint64 frames = 0;                          ///< that came in
  guint64 analyzed = 0;                        ///< whose result was wanted, and was worked on
  guint64 batches = 0;                         ///< calls of the analysis
  guint64 skipped = 0;                         ///< on purpose
  guint64 skipped_late = 0;                    ///< of these: too late (max-lateness)
  guint64 copied = 0;                          ///< copied because upstream's pool has too few
  double inference_ms = 0;                     ///< sum over all batches
  std::map<std::size_t, BatchCounts> by_size;  ///< frames whose result was wanted -> their batches
};

/// What an analyser adds to the latency of its pipeline, ns.
struct OwnLatency {
  GstClockTime min = 0;
  GstClockTime max = 0;
};

/// What makes an element of an Analysis: like `queue`, frames, serialized events and serialized
/// queries go through one queue to a task on the source pad, so that their order is kept and a
/// batch can time out. One frame in, one frame out.
///
/// The functions of the sink pad (`chain`, `sink_event`, `sink_query`) are called by upstream's
/// thread, `loop` by the task, everything else by any thread.
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
  std::size_t available_memory() const override;
  void report(const Error& error) override;
  void run(std::function<void()> work) override;
  void push_event(GstEvent* event) override { gst_pad_push_event(pads_.src, event); }

  template <typename Fn>
  void change_settings(Fn&& change) {
    const std::lock_guard lock(settings_mutex_);
    change(settings_);
  }
  AnalyzerCounts counts() const;
  OwnLatency own_latency() const;
  /// Tells the application that the answer to the LATENCY query is another now.
  void announce_latency();

  /// From NULL to READY, and back.
  Result<void> start();
  void stop();
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
  void loop();
  /// After an exception in `loop`, which was posted: nothing more is taken in.
  void fail();

 private:
  using Clock = std::chrono::steady_clock;
  struct WaitingFrame {
    Ref<GstBuffer> buffer;
    Clock::time_point arrival;
  };
  using Item = std::variant<WaitingFrame, Ref<GstEvent>, GstQuery*>;
  // One of both.
  struct Held {
    std::unique_ptr<AnalyzedFrame> frame;
    Ref<GstEvent> event;
  };
  struct PlacedEvent {
    std::size_t frames_before;
    Ref<GstEvent> event;
  };
  // What the task takes from the queue at once: frames with the events between them, and at the end
  // perhaps an item before which all frames must have left.
  struct Batch {
    std::vector<AnalyzedFrame> frames;
    std::vector<PlacedEvent> events;
    std::optional<Item> last;
  };

  // What the task remembers of the stream; forgotten by assigning a default.
  struct Stream {
    Continuity continuity;
    std::uint64_t next_index = 0;
    GstClockTime last_pts = GST_CLOCK_TIME_NONE;
    bool is_marked = false;  // a new segment came
  };

  // Upstream's side: analyzer.cpp.
  void share_cuda(const std::string& device);
  void open();
  void close();
  void forget_stream();
  bool wait_for_space(std::unique_lock<std::mutex>& lock);
  Ref<GstBuffer> own_copy_if_scarce(Ref<GstBuffer> buffer);
  GstFlowReturn queue_event(Ref<GstEvent> event);
  void clear_queue();
  void keep_sticky(GstEvent* event);
  static guint most_waiting(const AnalyzerSettings& settings);
  guint most_held(const AnalyzerSettings& settings) const;

  // The task: analyzer_task.cpp, from push_decided on analyzer_output.cpp.
  bool start_task();
  std::vector<Item> take();
  std::size_t count_takeable(const AnalyzerSettings& settings,
                             std::optional<Clock::time_point>& due) const;
  Batch begin_batch(std::vector<Item> items);
  AnalyzedFrame begin_frame(WaitingFrame frame, const AnalyzerSettings& settings);
  bool begins_anew(GstBuffer* buffer);
  const char* reason_to_skip(const AnalyzedFrame& frame, const AnalyzerSettings& settings) const;
  bool is_late(const AnalyzedFrame& frame, GstClockTimeDiff max_lateness) const;
  void post_qos(const AnalyzedFrame& frame);
  bool become_ready();
  bool analyze(std::vector<AnalyzedFrame>& frames);
  void note_batch(const std::vector<AnalyzedFrame>& frames, Clock::duration work,
                  Clock::duration held);
  void hold(Batch batch);
  void push_decided();
  void push_all();
  void push_first();
  GstFlowReturn push_frame(AnalyzedFrame& frame);
  void finish(Item last);
  void finish_event(Ref<GstEvent> event);
  void answer(GstQuery* query);
  bool answer_allocation(GstQuery* query);
  void offer_memory(GstQuery* query, const GstVideoInfo& info, guint buffers);
  bool use_caps(GstCaps* caps);
  GstClockTime caps_frame_duration() const;
  void use_segment(GstEvent* event);
  void reset_stream();
  void ask_upstream_latency();
  void end_segment();
  void stop_on(GstFlowReturn flow);
  bool is_flowing() const;
  std::stop_token stop_token() const;

  GstElement* const element_;  // owns this
  const AnalyzerPads pads_;    // of the element
  Runtime& runtime_;           // of the process
  std::unique_ptr<Analysis> analysis_;
  std::atomic<bool> reported_ = false;
  std::atomic<bool> ask_latency_ = true;
  std::atomic<guint> held_frames_ = 0;
  Ref<GstAllocator> input_allocator_;  // of the task; made when upstream is offered it

  mutable std::mutex settings_mutex_;
  AnalyzerSettings settings_;  // guarded by settings_mutex_

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  std::deque<Item> waiting_;
  guint waiting_frames_ = 0;
  GstFlowReturn flow_ = GST_FLOW_FLUSHING;
  bool eos_ = false;             // upstream said so: no more frames
  bool refuses_frames_ = false;  // downstream wants no more of this segment
  GstQuery* answering_ = nullptr;
  GstQuery* answered_ = nullptr;
  bool answer_ = false;
  std::stop_source stop_;
  AnalyzerCounts counts_;
  LatencyEstimate work_;
  GstClockTime frame_duration_ = GST_CLOCK_TIME_NONE;
  Ref<GstContext> cuda_context_;

  // Of the task, and of others only while it is paused.
  std::deque<Held> held_;
  std::size_t undecided_ = 0;  // frames in held_ that wait for later ones
  bool drops_frames_ = false;  // downstream wants no more until another segment begins
  std::string device_;         // empty until the analysis is ready
  GstVideoInfo info_ = {};
  bool has_info_ = false;
  GstSegment segment_;
  Stream stream_;
  bool is_live_ = false;
  GstClockTime upstream_latency_ = 0;
};

}  // namespace gsttorch
