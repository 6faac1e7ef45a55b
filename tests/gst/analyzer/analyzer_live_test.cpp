// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Tests model elements in live pipelines: the latency they report, and that frames leave in time
// however slow the model is.
#include <atomic>
#include <condition_variable>
#include <future>
#include <map>

#include "lib/gst/gsttorchshotmeta.h"
#include "tests/gst/analyzer/analyzer_fixture.h"
#include "tests/support/clock_time.h"

namespace gsttorch {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

struct Latency {
  bool live = false;
  GstClockTime min = 0, max = 0;
};

class AnalyzerLive : public AnalyzerTest {
 protected:
  ~AnalyzerLive() override { pads.reset(); }  // before the clock

  /// Upstream is a live source with its own latency; the test advances the clock.
  void begin_live(GstClockTime min = 0, GstClockTime max = GST_CLOCK_TIME_NONE,
                  const std::string& caps = kCaps) {
    make();
    gst_element_set_clock(pads->element(), time.clock());
    pads->upstream_query = [min, max](GstQuery* query) {
      if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY) return false;
      gst_query_set_latency(query, TRUE, min, max);
      return true;
    };
    pads->begin(caps);
    pads->wait_for(3);
    pads->forget();
  }

  Latency latency() {
    const auto query = Ref<GstQuery>::adopt(gst_query_new_latency());
    EXPECT_TRUE(gst_pad_peer_query(pads->sink(), query.get()));
    gboolean live = FALSE;
    Latency answer;
    gst_query_parse_latency(query.get(), &live, &answer.min, &answer.max);
    answer.live = live;
    return answer;
  }

  /// Fails after some seconds.
  static void wait_until(const std::function<bool()>& condition) {
    for (int i = 0; i < 5000 && !condition(); i++) g_usleep(1000);
    EXPECT_TRUE(condition());
  }

  TestTime time;
};

TEST_F(AnalyzerLive, adds_no_latency_before_the_first_inference) {
  begin_live(10 * GST_MSECOND, GST_CLOCK_TIME_NONE);
  const Latency answer = latency();
  EXPECT_TRUE(answer.live);
  EXPECT_EQ(answer.min, 10 * GST_MSECOND);
  EXPECT_EQ(answer.max, GST_CLOCK_TIME_NONE);
}

TEST_F(AnalyzerLive, adds_look_ahead_and_the_wait_for_a_batch) {
  work.look_ahead = 3;
  properties = {{"batch-size", "2"}, {"batch-timeout", "30000000"}};
  begin_live(10 * GST_MSECOND, 100 * GST_MSECOND);
  const Latency answer = latency();
  // Frames arrive every 40 ms, so a batch of two waits for its timeout.
  EXPECT_EQ(answer.min, (10 + 3 * 40 + 30) * GST_MSECOND);
  EXPECT_GE(answer.max, (100 + 3 * 40 + 30 + 2 * 40) * GST_MSECOND);
  g_object_set(pads->element(), "batch-size", 1, nullptr);
  EXPECT_EQ(latency().min, (10 + 3 * 40) * GST_MSECOND);
}

TEST_F(AnalyzerLive, counts_the_batch_timeout_where_the_rate_is_unknown) {
  properties = {{"batch-size", "4"}, {"batch-timeout", "70000000"}};
  begin_live(0, 0, "video/x-raw,format=GRAY8,width=16,height=8,framerate=0/1");
  EXPECT_EQ(latency().min, 70 * GST_MSECOND);
}

TEST_F(AnalyzerLive, says_when_a_property_changes_the_latency) {
  begin_live();
  pads->bus.take(GST_MESSAGE_LATENCY);
  g_object_set(pads->element(), "batch-size", 4, nullptr);
  EXPECT_THAT(pads->bus.take(GST_MESSAGE_LATENCY), SizeIs(1));
  EXPECT_GT(latency().min, 0u);
}

// A frame without a partner takes much less time than a pair.
struct NothingYet final : FrameResult {
  bool has_result() const override { return false; }
};

TEST_F(AnalyzerLive, ignores_the_first_frame_of_a_pair_in_the_latency) {
  work.analyze = [this](std::span<AnalyzedFrame> frames, auto) -> Result<void> {
    time.advance(5 * GST_MSECOND);
    if (frames[0].index == 0) frames[0].result = std::make_unique<NothingYet>();
    return {};
  };
  begin_live();
  pads->bus.take(GST_MESSAGE_LATENCY);
  push_frames(0, 1);
  pads->wait_for(1);
  wait_until([this] { return stat("batches") == 1; });
  EXPECT_EQ(latency().min, 0u);
  push_frames(1, 1);
  EXPECT_THAT(pads->bus.wait_for(GST_MESSAGE_LATENCY), "latency");
  EXPECT_EQ(latency().min, 5 * GST_MSECOND);
  EXPECT_EQ(latency().min, stat("latency"));
}

// --- a busy model

/// A model that is busy with a frame until the test lets it finish.
class BusyModel {
 public:
  explicit BusyModel(TestWork& work) {
    work.analyze = [this](std::span<AnalyzedFrame> frames, std::stop_token stop) -> Result<void> {
      return analyze(frames, stop);
    };
    work.publish = [this](AnalyzerHost&, AnalyzedFrame& frame) {
      const std::lock_guard lock(mutex_);
      published_[frame.index] = frame.skipped ? frame.skipped : "";
    };
  }

  /// Waits until it is busy with that frame.
  bool is_at(std::uint64_t index) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return at_ == index; });
  }
  void finish() {
    const std::lock_guard lock(mutex_);
    at_.reset();
    changed_.notify_all();
  }
  /// From now on it finishes at once.
  void release() {
    const std::lock_guard lock(mutex_);
    released_ = true;
    at_.reset();
    changed_.notify_all();
  }

  /// For each published frame, why it was skipped, or an empty string.
  std::map<std::uint64_t, std::string> published() {
    const std::lock_guard lock(mutex_);
    return published_;
  }
  std::vector<std::uint64_t> analyzed() {
    const std::lock_guard lock(mutex_);
    return analyzed_;
  }
  std::vector<GstTorchShotBoundary> boundaries() {
    const std::lock_guard lock(mutex_);
    return boundaries_;
  }
  std::vector<bool> breaks() {
    const std::lock_guard lock(mutex_);
    return breaks_;
  }

 private:
  Result<void> analyze(std::span<AnalyzedFrame> frames, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    for (const AnalyzedFrame& frame : frames) {
      analyzed_.push_back(frame.index);
      boundaries_.push_back(frame.boundary);
      breaks_.push_back(frame.is_discont);
    }
    if (!released_) at_ = frames[0].index;
    changed_.notify_all();
    const bool done = changed_.wait(lock, stop, [this] { return !at_; });
    return done ? Result<void>() : Error{ErrorCode::Cancelled, "cancelled"};
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  // Guarded by mutex_.
  std::optional<std::uint64_t> at_;
  bool released_ = false;
  std::map<std::uint64_t, std::string> published_;
  std::vector<std::uint64_t> analyzed_;
  std::vector<GstTorchShotBoundary> boundaries_;
  std::vector<bool> breaks_;
};

class AnalyzerBusy : public AnalyzerLive {
 protected:
  ~AnalyzerBusy() override {
    model.release();
    pads.reset();
  }
  /// Makes the inference of frame 0 last `duration` and waits until its latency is announced.
  void learn(GstClockTime duration) {
    push_frames(0, 1);
    ASSERT_TRUE(model.is_at(0));
    time.advance(duration);
    model.finish();
    ASSERT_EQ(pads->bus.wait_for(GST_MESSAGE_LATENCY), "latency");
    time.advance(GST_SECOND);
    pads->wait_for(1);
  }
  void push_one_each(int first, int count) {
    for (int i = first; i < first + count; i++) {
      push_frames(i, 1);
      time.advance(TestPads::kFrame);
    }
  }

  BusyModel model{work};
};

TEST_F(AnalyzerBusy, passes_frames_before_it_knows_how_long_the_model_takes) {
  begin_live();
  push_frames(0, 1);
  ASSERT_TRUE(model.is_at(0));
  time.advance(TestPads::kFrame);
  push_one_each(1, 9);
  EXPECT_THAT(pads->wait_for(10), SizeIs(10));
  EXPECT_EQ(stat("skipped-late"), 10u);
  EXPECT_EQ(model.published()[3], "late");
}

TEST_F(AnalyzerBusy, passes_frames_while_the_model_is_loaded) {
  work.wait_until_ready = [](std::stop_token stop) -> Result<void> {
    while (!stop.stop_requested()) g_usleep(1000);
    return Error{ErrorCode::Cancelled, "cancelled"};
  };
  begin_live();
  push_one_each(0, 10);
  EXPECT_THAT(pads->wait_for(9), SizeIs(testing::Ge(9u)));
}

TEST_F(AnalyzerBusy, a_frame_that_leaves_during_the_load_gets_no_result) {
  std::promise<void> loaded;
  work.wait_until_ready = [is_loaded = loaded.get_future().share()](auto) -> Result<void> {
    is_loaded.wait_for(std::chrono::seconds(20));
    return Result<void>();
  };
  properties = {{"batch-size", "3"}};
  model.release();
  begin_live();
  for (int i = 0; i < 3; i++) {
    push_frames(i, 1);
    time.advance(10 * GST_MSECOND);
  }
  time.advance(25 * GST_MSECOND);  // the first frame's maximum wait for a batch is over
  EXPECT_THAT(pads->wait_for(1), ElementsAre("buffer 0"));
  loaded.set_value();
  EXPECT_THAT(pads->wait_for(3), ElementsAre("buffer 0", "buffer 1", "buffer 2"));
  EXPECT_THAT(model.analyzed(), ElementsAre(1, 2));
  EXPECT_THAT(model.published(),
              ElementsAre(testing::Pair(0, "late"), testing::Pair(1, ""), testing::Pair(2, "")));
  EXPECT_EQ(stat("analyzed") + stat("skipped"), stat("frames"));
}

TEST_F(AnalyzerBusy, waits_for_a_result_as_long_as_it_has_announced) {
  begin_live();
  learn(100 * GST_MSECOND);
  EXPECT_EQ(latency().min, (100 + 40) * GST_MSECOND);  // a frame also waits for a busy model
  pads->forget();
  push_frames(1, 1);
  ASSERT_TRUE(model.is_at(1));
  time.advance(TestPads::kFrame);
  push_one_each(2, 2);
  EXPECT_THAT(pads->arrived(), IsEmpty());
  model.finish();
  EXPECT_THAT(pads->wait_for(2), Contains("buffer 1"));
  EXPECT_EQ(model.published()[1], "");
  EXPECT_EQ(model.published()[2], "late");  // a newer frame had arrived when the model was free
  ASSERT_TRUE(model.is_at(3));
  time.advance(200 * GST_MSECOND);
  EXPECT_THAT(pads->wait_for(3), Contains("buffer 3"));
  EXPECT_EQ(model.published()[3], "late");
}

TEST_F(AnalyzerBusy, warns_once_that_it_skips_and_then_posts_qos_once_a_second) {
  begin_live();
  learn(400 * GST_MSECOND);
  push_frames(1, 1);
  ASSERT_TRUE(model.is_at(1));
  push_one_each(2, 200);  // eight seconds of frames
  pads->wait_for(180);
  model.release();
  pads->push_eos();
  pads->wait_for(203);
  std::size_t warnings = 0, counts = 0, latencies = 0;
  while (const auto message = pads->bus.pop(GST_MESSAGE_ANY)) {
    warnings += GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_WARNING;
    counts += GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_QOS;
    latencies += GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_LATENCY;
  }
  EXPECT_EQ(warnings, 1u);
  EXPECT_GE(counts, 1u);
  EXPECT_LE(warnings + counts + latencies, 9u);
}

TEST_F(AnalyzerBusy, a_longer_lateness_lets_frames_wait_for_their_turn) {
  properties = {{"max-lateness", "200000000"}};
  begin_live();
  learn(100 * GST_MSECOND);
  EXPECT_EQ(latency().min, (100 + 200) * GST_MSECOND);
  pads->forget();
  push_frames(1, 1);
  ASSERT_TRUE(model.is_at(1));
  push_one_each(2, 2);
  model.finish();
  ASSERT_TRUE(model.is_at(2));
  model.finish();
  ASSERT_TRUE(model.is_at(3));
  model.finish();
  EXPECT_THAT(pads->wait_for(3), ElementsAre("buffer 1", "buffer 2", "buffer 3"));
  EXPECT_EQ(model.published()[2], "");
}

TEST_F(AnalyzerBusy, without_a_limit_every_frame_is_analyzed_and_the_source_waits) {
  properties = {{"max-lateness", std::to_string(G_MAXINT64)}};
  begin_live();
  push_frames(0, 1);
  ASSERT_TRUE(model.is_at(0));
  push_frames(1, 1);
  auto third = std::async(std::launch::async, [this] { push_frames(2, 1); });
  time.advance(10 * GST_SECOND);
  EXPECT_EQ(third.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
  EXPECT_THAT(pads->arrived(), IsEmpty());
  model.release();
  third.get();
  EXPECT_THAT(pads->wait_for(3), SizeIs(3));
  EXPECT_EQ(stat("skipped-late"), 0u);
}

TEST_F(AnalyzerBusy, eos_waits_for_one_inference) {
  properties = {{"max-lateness", "10000000000"}};
  begin_live();
  learn(100 * GST_MSECOND);
  push_frames(1, 1);
  ASSERT_TRUE(model.is_at(1));
  push_frames(2, 5);
  pads->forget();
  pads->push_eos();
  model.release();
  EXPECT_THAT(pads->wait_for(7), SizeIs(7));
  EXPECT_EQ(pads->arrived().back(), "eos");
  EXPECT_THAT(model.analyzed(), ElementsAre(0, 1));
}

TEST_F(AnalyzerBusy, a_live_stream_that_is_not_busy_analyzes_its_last_frame) {
  begin_live();
  learn(10 * GST_MSECOND);
  model.release();
  push_frames(1, 1);
  pads->push_eos();
  pads->wait_for(3);
  EXPECT_THAT(model.analyzed(), ElementsAre(0, 1));
}

TEST_F(AnalyzerBusy, look_ahead_ends_where_a_frames_time_does) {
  work.look_ahead = 3;
  begin_live();
  learn(10 * GST_MSECOND);
  model.release();
  pads->forget();
  push_frames(1, 1);
  wait_until([this] { return stat("analyzed") + stat("skipped-late") == 2; });
  EXPECT_THAT(pads->arrived(), IsEmpty());
  time.advance(3 * TestPads::kFrame + 30 * GST_MSECOND);  // no later frame arrived
  EXPECT_THAT(pads->wait_for(1), Contains("buffer 1"));
  EXPECT_EQ(model.published()[1], "");
}

TEST_F(AnalyzerBusy, shots_and_discontinuities_of_a_skipped_frame_reach_the_next_one) {
  begin_live();
  learn(100 * GST_MSECOND);
  push_frames(1, 1);
  ASSERT_TRUE(model.is_at(1));
  GstTorchShot shot = {};
  shot.source = "scenes";
  shot.boundary = GST_TORCH_SHOT_BOUNDARY_CUT;
  Ref<GstBuffer> cut = frame(100);
  GST_BUFFER_FLAG_SET(cut.get(), GST_BUFFER_FLAG_DISCONT);
  gst_buffer_add_torch_shot_meta(cut.get(), &shot);
  ASSERT_EQ(pads->push(std::move(cut)), GST_FLOW_OK);
  time.advance(60 * GST_MSECOND);
  push_frames(101, 1);
  time.advance(60 * GST_MSECOND);
  push_frames(102, 1);
  model.finish();
  ASSERT_TRUE(model.is_at(4));
  EXPECT_THAT(model.analyzed(), ElementsAre(0, 1, 4));
  EXPECT_THAT(model.boundaries(),
              ElementsAre(GST_TORCH_SHOT_BOUNDARY_NONE, GST_TORCH_SHOT_BOUNDARY_NONE,
                          GST_TORCH_SHOT_BOUNDARY_CUT));
  EXPECT_THAT(model.breaks(), ElementsAre(false, false, true));
}

TEST_F(AnalyzerBusy, skips_nothing_where_nothing_is_live) {
  begin();
  auto pushed = std::async(std::launch::async, [this] { push_frames(0, 4); });
  ASSERT_TRUE(model.is_at(0));
  g_usleep(20000);  // time for frames that should not arrive
  EXPECT_THAT(pads->arrived(), IsEmpty());
  model.release();
  pushed.get();
  pads->push_eos();
  pads->wait_for(5);
  EXPECT_THAT(model.analyzed(), ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(stat("skipped-late"), 0u);
}

TEST_F(AnalyzerBusy, skips_by_interval_whatever_the_time) {
  properties = {{"inference-interval", "2"}};
  model.release();
  begin();
  push_frames(0, 4);
  pads->push_eos();
  pads->wait_for(5);
  std::vector<std::string> reasons;
  for (const auto& [index, skipped] : model.published()) reasons.push_back(skipped);
  EXPECT_THAT(reasons, ElementsAre("", "inference-interval", "", "inference-interval"));
  EXPECT_EQ(stat("skipped"), 2u);
}

// One pause or burst must not change the estimated frame duration.
TEST_F(AnalyzerLive, estimates_the_frame_duration_if_caps_lack_a_framerate) {
  work.look_ahead = 2;
  properties = {{"max-lateness", std::to_string(G_MAXINT64)}};
  begin_live(0, GST_CLOCK_TIME_NONE, "video/x-raw,format=GRAY8,width=16,height=8,framerate=0/1");
  push_frames(0, 4);
  push_frames(200, 1);
  push_frames(201, 1);
  wait_until([this] { return stat("analyzed") == 6; });
  EXPECT_GE(latency().min, 2 * TestPads::kFrame);
  EXPECT_LT(latency().min, 10 * TestPads::kFrame);
  pads->push_eos();
  pads->wait_for(7);
}

// --- four seconds of a camera, with a clock as fast as the test

struct Camera {
  double slowness;  // of the model, in frame durations
  GstClockTimeDiff max_lateness;
};

class AnalyzerCamera : public AnalyzerLive, public testing::WithParamInterface<Camera> {
 protected:
  static constexpr int kFrames = 100;

  AnalyzerCamera() {
    properties = {{"max-lateness", std::to_string(GetParam().max_lateness)}};
    const auto duration = static_cast<GstClockTime>(GetParam().slowness * TestPads::kFrame);
    work.analyze = [this, duration](auto, std::stop_token stop) -> Result<void> {
      const GstClockTime end = time.now() + duration;
      while (time.now() < end && !stop.stop_requested()) g_usleep(100);
      return {};
    };
  }
  void play() {
    constexpr int kSteps = 8;
    begin_live();
    for (int i = 0; i < kFrames; i++) {
      push_frames(i, 1);
      for (int step = 0; step < kSteps; step++) {
        g_usleep(600);  // time for the threads to process what is due
        time.advance(TestPads::kFrame / kSteps);
      }
    }
    auto ended = std::async(std::launch::async, [this] { pads->push_eos(); });
    for (int i = 0; i < 500 && pads->arrived().size() <= kFrames; i++) {
      g_usleep(1000);
      time.advance(5 * GST_MSECOND);
    }
  }
};

TEST_P(AnalyzerCamera, shows_every_frame_and_analyzes_what_it_can) {
  play();
  std::vector<std::string> expected;
  for (int i = 0; i < kFrames; i++) expected.push_back("buffer " + std::to_string(i));
  expected.push_back("eos");
  EXPECT_EQ(pads->arrived(), expected);
  EXPECT_GE(stat("analyzed"), 2u);  // tests/bench/live measures how many
  EXPECT_EQ(stat("analyzed") + stat("skipped"), stat("frames"));
  std::size_t told = 0;
  while (const auto message = pads->bus.pop(GST_MESSAGE_ANY)) {
    const GstMessageType type = GST_MESSAGE_TYPE(message.get());
    told += type == GST_MESSAGE_LATENCY || type == GST_MESSAGE_WARNING || type == GST_MESSAGE_QOS;
  }
  EXPECT_LE(told, 8u);  // within at most seven seconds
}

INSTANTIATE_TEST_SUITE_P(Cameras, AnalyzerCamera,
                         testing::Values(Camera{0.5, -1}, Camera{0.5, 0}, Camera{2, -1},
                                         Camera{2, 0}, Camera{4, 200 * GST_MSECOND},
                                         Camera{20, -1}),
                         [](const auto& info) {
                           const double tenths = info.param.slowness * 10;
                           return "slow_" + std::to_string(static_cast<int>(tenths)) + "_tenths_" +
                                  std::to_string(info.index);
                         });

}  // namespace
}  // namespace gsttorch
