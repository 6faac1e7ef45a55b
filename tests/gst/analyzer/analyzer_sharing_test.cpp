// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Tests several model elements in one pipeline: they share what one of them derived from a frame,
// but never if the frame was modified since.
#include <atomic>
#include <numeric>
#include <thread>

#include "lib/gst/gsttorchruntime.h"
#include "tests/gst/analyzer/analyzer_fixture.h"
#include "tests/support/gst_pipeline.h"
#include "tests/support/parse.h"

namespace gsttorch {
namespace {

constexpr int kFrames = 20;

class Sum final : public Derived {
 public:
  explicit Sum(const ImageView& view) : value_(of(view)) {}
  std::size_t bytes() const override { return 1000; }
  std::uint64_t value() const { return value_; }

  static std::uint64_t of(const ImageView& view) {
    std::uint64_t sum = 0;
    for (int y = 0; y < view.height; y++) {
      const std::uint8_t* row = view.planes[0].data + y * view.planes[0].stride;
      sum = std::accumulate(row, row + view.width, sum * 31);
    }
    return sum;
  }

 private:
  std::uint64_t value_;
};

class AnalyzerSharing : public testing::Test {
 protected:
  AnalyzerSharing() {
    work_.analyze = [this](std::span<AnalyzedFrame> frames, std::stop_token) -> Result<void> {
      for (AnalyzedFrame& frame : frames) process(*frame.image);
      return {};
    };
  }

  // Requests a sum of the pixels as a model requests its input, and compares it with the pixels.
  void process(FrameImage& image) {
    const auto sum = std::static_pointer_cast<const Sum>(
        image.get(DerivedKind::Image, "sum", [&]() -> std::shared_ptr<const Derived> {
          made_++;
          return std::make_shared<Sum>(*image.view());
        }));
    looked_++;
    stale_ += sum->value() != Sum::of(*image.view());
  }

  static std::string source() {
    return "videotestsrc pattern=ball num-buffers=" + std::to_string(kFrames) +
           " ! video/x-raw,format=I420,width=64,height=48,framerate=25/1 ";
  }
  void run(const std::string& rest) { EXPECT_EQ(run_pipeline(source() + rest), "eos"); }

  static std::string tee_with(int branches, const std::string& properties = "") {
    std::string line = "! tee name=t ";
    for (int i = 0; i < branches; i++) {
      line += "t. ! queue ! testanalyzer " + properties + " ! fakesink ";
    }
    return line;
  }
  /// No element processes a frame before all have it; elements queue more frames than they process.
  void run_together(int branches) {
    std::vector<Ref<GstElement>> analyzers;
    work_.analyze = [&](std::span<AnalyzedFrame> frames, std::stop_token) -> Result<void> {
      for (AnalyzedFrame& frame : frames) {
        wait_until_all_have(analyzers, frame.index);
        process(*frame.image);
      }
      return {};
    };
    const auto find = [&](GstElement* pipeline) {
      for_each_pad(pipeline, "testanalyzer", "src", [&](GstPad* pad) {
        analyzers.push_back(Ref<GstElement>::adopt(gst_pad_get_parent_element(pad)));
      });
    };
    EXPECT_EQ(run_pipeline(source() + tee_with(branches, "batch-size=64 batch-timeout=0"), find),
              "eos");
  }
  static void wait_until_all_have(const std::vector<Ref<GstElement>>& analyzers,
                                  std::uint64_t index) {
    for (const auto& analyzer : analyzers) {
      for (int i = 0; i < 5000 && stat(analyzer.get(), "frames") <= index; i++) g_usleep(1000);
    }
  }

  TestWork& work_ = reset_test_work();
  std::atomic<int> made_ = 0, looked_ = 0, stale_ = 0;
};

TEST_F(AnalyzerSharing, two_in_a_row_convert_each_frame_once) {
  run("! testanalyzer ! queue ! testanalyzer ! fakesink");
  EXPECT_EQ(looked_, 2 * kFrames);
  EXPECT_EQ(made_, kFrames);
  EXPECT_EQ(stale_, 0);
}

TEST_F(AnalyzerSharing, three_in_a_row_convert_each_frame_once) {
  run("! testanalyzer ! identity ! testanalyzer ! queue ! testanalyzer ! fakesink");
  EXPECT_EQ(looked_, 3 * kFrames);
  EXPECT_EQ(made_, kFrames);
}

TEST_F(AnalyzerSharing, two_behind_a_tee_share_a_frame_that_both_have) {
  run_together(2);
  EXPECT_EQ(looked_, 2 * kFrames);
  EXPECT_EQ(made_, kFrames);
  EXPECT_EQ(stale_, 0);
}

TEST_F(AnalyzerSharing, two_behind_a_tee_do_not_wait_for_each_other) {
  run(tee_with(2));
  EXPECT_EQ(looked_, 2 * kFrames);
  EXPECT_GE(made_, kFrames);
  EXPECT_LE(made_, 2 * kFrames);
  EXPECT_EQ(stale_, 0);
}

TEST_F(AnalyzerSharing,
       a_frame_that_was_marked_before_the_tee_is_converted_once_whatever_the_time) {
  const auto mark = [](GstPad* pad, GstPadProbeInfo* probe, gpointer) {
    const auto caps = Ref<GstCaps>::adopt(gst_pad_get_current_caps(pad));
    GstVideoInfo info;
    EXPECT_TRUE(gst_video_info_from_caps(&info, caps.get()));
    GstBuffer* buffer = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(probe));
    gst_buffer_add_torch_frame_meta(buffer, &info);
    GST_PAD_PROBE_INFO_DATA(probe) = buffer;
    return GST_PAD_PROBE_OK;
  };
  const auto add_probe = [&](GstElement* pipeline) {
    for_each_pad(pipeline, "tee", "sink", [&](GstPad* pad) {
      gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, mark, nullptr, nullptr);
    });
  };
  EXPECT_EQ(
      run_pipeline(source() + "! tee name=t t. ! queue ! testanalyzer ! fakesink "
                              "t. ! queue ! identity sleep-time=3000 ! testanalyzer ! fakesink",
                   add_probe),
      "eos");
  EXPECT_EQ(looked_, 2 * kFrames);
  EXPECT_EQ(made_, kFrames);
  EXPECT_EQ(stale_, 0);
}

TEST_F(AnalyzerSharing, a_slow_branch_of_a_tee_still_finds_what_the_fast_one_made) {
  run("! tee name=t t. ! queue ! testanalyzer ! fakesink "
      "t. ! queue ! identity sleep-time=3000 ! testanalyzer ! fakesink");
  EXPECT_EQ(looked_, 2 * kFrames);
  EXPECT_LE(made_, 2 * kFrames);
  EXPECT_EQ(stale_, 0);
}

TEST_F(AnalyzerSharing, a_frame_changed_in_place_between_two_is_converted_again) {
  run("! testanalyzer ! videobalance brightness=0.2 ! testanalyzer ! fakesink");
  EXPECT_EQ(looked_, 2 * kFrames);
  EXPECT_EQ(made_, 2 * kFrames);
  EXPECT_EQ(stale_, 0);
}

TEST_F(AnalyzerSharing, a_branch_that_changes_frames_leaves_the_other_alone) {
  run("! tee name=t t. ! queue ! testanalyzer ! videobalance brightness=0.2 ! testanalyzer ! "
      "fakesink t. ! queue ! testanalyzer ! videobalance brightness=-0.3 ! testanalyzer ! "
      "fakesink");
  EXPECT_EQ(looked_, 4 * kFrames);
  EXPECT_EQ(stale_, 0);
}

TEST_F(AnalyzerSharing, other_layouts_of_the_same_pixels_are_converted_again) {
  run("! testanalyzer ! videocrop left=8 ! video/x-raw,width=56 ! testanalyzer ! fakesink");
  EXPECT_EQ(made_, 2 * kFrames);
  EXPECT_EQ(stale_, 0);
}

TEST_F(AnalyzerSharing, frames_of_a_decoder_with_its_own_pool_are_shared_too) {
  run("! jpegenc ! jpegdec ! testanalyzer ! queue ! testanalyzer ! fakesink");
  EXPECT_EQ(made_, kFrames);
  EXPECT_EQ(stale_, 0);
}

TEST_F(AnalyzerSharing, one_alone_keeps_nothing_and_leaves_pixels_writable) {
  std::atomic<int> writable = 0;
  work_.publish = [&](AnalyzerHost&, AnalyzedFrame& frame) {
    writable += gst_buffer_is_all_memory_writable(frame.buffer.get());
  };
  run("! testanalyzer ! fakesink");
  EXPECT_EQ(made_, kFrames);
  EXPECT_EQ(writable, kFrames);
}

TEST_F(AnalyzerSharing, four_behind_a_tee_share_a_frame_that_all_have) {
  run_together(4);
  EXPECT_EQ(looked_, 4 * kFrames);
  EXPECT_EQ(made_, kFrames);
}

// --- unrelated pipelines

class TwoPipelines : public AnalyzerSharing {
 protected:
  TwoPipelines() {
    work_.publish = [this](AnalyzerHost&, AnalyzedFrame& frame) {
      writable_ += gst_buffer_is_all_memory_writable(frame.buffer.get());
    };
  }
  /// Plays two analysers in a separate pipeline, with `context` if given.
  static Ref<GstElement> play_another(GstContext* context = nullptr) {
    const auto pipeline =
        parse_launch("appsrc ! testanalyzer ! testanalyzer ! fakesink async=false");
    if (context) gst_element_set_context(pipeline.get(), context);
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    return pipeline;
  }

  std::atomic<int> writable_ = 0;
};

TEST_F(TwoPipelines, another_pipelines_elements_leave_pixels_writable) {
  const auto another = play_another();
  run("! testanalyzer ! fakesink");
  EXPECT_EQ(writable_, kFrames);
  gst_element_set_state(another.get(), GST_STATE_NULL);
}

TEST_F(TwoPipelines, pipelines_that_were_given_one_context_share_frames) {
  const auto runtime = Ref<GstTorchRuntime>::adopt(gst_torch_runtime_get());
  const auto context = Ref<GstContext>::adopt(gst_context_new_torch_runtime(runtime.get()));
  const auto another = play_another(context.get());
  EXPECT_EQ(run_pipeline(source() + "! testanalyzer ! fakesink",
                         [&](GstElement* p) { gst_element_set_context(p, context.get()); }),
            "eos");
  EXPECT_EQ(writable_, 0);
  gst_element_set_state(another.get(), GST_STATE_NULL);
}

// An element that receives no frame must change nothing.
TEST_F(TwoPipelines, an_element_that_does_not_play_leaves_pixels_writable) {
  const auto runtime = Ref<GstTorchRuntime>::adopt(gst_torch_runtime_get());
  const auto context = Ref<GstContext>::adopt(gst_context_new_torch_runtime(runtime.get()));
  const auto idle = Ref<GstElement>::adopt(
      GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make("testanalyzer", nullptr))));
  gst_element_set_context(idle.get(), context.get());
  gst_element_set_state(idle.get(), GST_STATE_READY);
  EXPECT_EQ(run_pipeline(source() + "! testanalyzer ! fakesink",
                         [&](GstElement* p) { gst_element_set_context(p, context.get()); }),
            "eos");
  EXPECT_EQ(writable_, kFrames);
  gst_element_set_state(idle.get(), GST_STATE_NULL);
}

// --- sources with few buffers

/// Pushes frames from a bounded pool into the pipeline's appsrc `s` and counts them.
class BoundedPool {
 public:
  BoundedPool(GstElement* pipeline, guint buffers)
      : source_(Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline), "s"))),
        pool_(gst_video_buffer_pool_new()) {
    GstStructure* config = gst_buffer_pool_get_config(pool_);
    GstCaps* caps = gst_caps_from_string(kCaps);
    gst_buffer_pool_config_set_params(config, caps, kFrameBytes, buffers, buffers);
    gst_caps_unref(caps);
    gst_buffer_pool_set_config(pool_, config);
    gst_buffer_pool_set_active(pool_, TRUE);
    thread_ = std::jthread([this] { push_all(); });
  }
  ~BoundedPool() {
    gst_buffer_pool_set_flushing(pool_, TRUE);
    thread_ = {};
    gst_object_unref(pool_);
  }

  /// Returns after some seconds at most.
  int wait_until_pushed() {
    for (int i = 0; i < 1000 && pushed_ < kBuffers; i++) g_usleep(10000);
    return pushed_;
  }

  static constexpr int kBuffers = 100;

 private:
  void push_all() {
    for (int i = 0; i < kBuffers; i++) {
      GstBuffer* buffer = nullptr;
      if (gst_buffer_pool_acquire_buffer(pool_, &buffer, nullptr) != GST_FLOW_OK) return;
      GST_BUFFER_PTS(buffer) = i * TestPads::kFrame;
      GstFlowReturn flow = GST_FLOW_OK;
      g_signal_emit_by_name(source_.get(), "push-buffer", buffer, &flow);
      gst_buffer_unref(buffer);
      pushed_++;
    }
  }

  Ref<GstElement> source_;
  GstBufferPool* const pool_;
  std::atomic<int> pushed_ = 0;
  std::jthread thread_;
};

struct PoolCase {
  const char* name;
  guint buffers;
  const char* branches;
};

class AnalyzerPool : public testing::TestWithParam<PoolCase> {};

TEST_P(AnalyzerPool, never_starves) {
  reset_test_work().look_ahead = 3;
  const auto another = parse_launch("appsrc ! testanalyzer ! fakesink async=false");
  gst_element_set_state(another.get(), GST_STATE_PLAYING);
  const std::string line = "appsrc name=s format=time max-buffers=100 caps=\"" +
                           std::string(kCaps) + "\" ! tee name=t " + GetParam().branches;
  const auto pipeline = parse_launch(line);
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  {
    BoundedPool pool(pipeline.get(), GetParam().buffers);
    EXPECT_EQ(pool.wait_until_pushed(), BoundedPool::kBuffers);
  }
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  gst_element_set_state(another.get(), GST_STATE_NULL);
}

INSTANTIATE_TEST_SUITE_P(
    Pools, AnalyzerPool,
    testing::Values(PoolCase{"two_branches_4", 4,
                             "t. ! queue ! testanalyzer ! queue ! fakesink async=false "
                             "t. ! queue ! testanalyzer ! fakesink async=false"},
                    PoolCase{"two_branches_16", 16,
                             "t. ! queue ! testanalyzer ! queue ! fakesink async=false "
                             "t. ! queue ! testanalyzer ! fakesink async=false"},
                    PoolCase{"one_branch_and_a_sink", 8,
                             "t. ! queue ! testanalyzer ! fakesink async=false "
                             "t. ! queue ! fakesink async=false"},
                    PoolCase{"in_a_row_behind_a_tee", 8,
                             "t. ! queue ! testanalyzer ! testanalyzer ! fakesink async=false "
                             "t. ! queue ! testanalyzer ! fakesink async=false"}),
    [](const auto& info) { return info.param.name; });

guint64 runtime_stat(const char* field) {
  const auto runtime = Ref<GstTorchRuntime>::adopt(gst_torch_runtime_get());
  GstStructure* stats = nullptr;
  g_object_get(runtime.get(), "stats", &stats, nullptr);
  guint64 value = G_MAXUINT64;
  gst_structure_get_uint64(stats, field, &value);
  gst_structure_free(stats);
  return value;
}

TEST_F(AnalyzerSharing, statistics_have_conversions_and_hits) {
  run("! testanalyzer ! queue ! testanalyzer ! fakesink");
  const guint64 made = runtime_stat("conversions"), hits = runtime_stat("cache-hits");
  run("! testanalyzer ! queue ! testanalyzer ! fakesink");
  EXPECT_EQ(runtime_stat("conversions") - made, guint64{kFrames});
  EXPECT_EQ(runtime_stat("cache-hits") - hits, guint64{kFrames});
  EXPECT_EQ(runtime_stat("cache-bytes"), 0u);
}

// Data derived from frames may use a quarter of the runtime's limit.
TEST_F(AnalyzerSharing, cached_frame_data_uses_a_quarter_of_the_limit) {
  const auto runtime = Ref<GstTorchRuntime>::adopt(gst_torch_runtime_get());
  // A Sum occupies 1000 bytes.
  for (const auto& [limit, conversions] : {std::pair{3900, 2 * kFrames}, {400000, kFrames}}) {
    g_object_set(runtime.get(), "memory-limit", static_cast<guint64>(limit), nullptr);
    made_ = 0;
    run("! testanalyzer ! testanalyzer ! fakesink");
    EXPECT_EQ(made_, conversions) << limit;
  }
  g_object_set(runtime.get(), "memory-limit", static_cast<guint64>(0), nullptr);
}

// ThreadSanitizer finds the failure here.
TEST(AnalyzerContext, answers_queries_while_the_element_is_stopped) {
  reset_test_work();
  const auto element = Ref<GstElement>::adopt(
      GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make("testanalyzer", nullptr))));
  const auto is_told = [&element] {
    const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(element.get(), "src"));
    const auto query = Ref<GstQuery>::adopt(gst_query_new_context(GST_TORCH_RUNTIME_CONTEXT_TYPE));
    return gst_pad_query(pad.get(), query.get());
  };
  {
    const std::jthread other([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) is_told();
    });
    for (int i = 0; i < 200; i++) {
      gst_element_set_state(element.get(), i % 2 ? GST_STATE_NULL : GST_STATE_READY);
    }
  }
  EXPECT_FALSE(is_told());
  gst_element_set_state(element.get(), GST_STATE_READY);
  EXPECT_TRUE(is_told());
  gst_element_set_state(element.get(), GST_STATE_NULL);
}

}  // namespace
}  // namespace gsttorch
