// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Several model elements in one pipeline: what one made from a frame serves the others, and never a
// frame that was changed.
#include <atomic>
#include <numeric>
#include <thread>

#include "lib/gst/gsttorchruntime.h"
#include "tests/gst/analyzer_fixture.h"
#include "tests/support/gst_pipeline.h"

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
      for (AnalyzedFrame& frame : frames) look_at(*frame.image);
      return {};
    };
  }

  // Asks for a sum of the pixels as a net asks for its input, and holds it against the pixels.
  void look_at(FrameImage& image) {
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

TEST_F(AnalyzerSharing, two_behind_a_tee_convert_each_frame_once) {
  run("! tee name=t t. ! queue ! testanalyzer ! fakesink t. ! queue ! testanalyzer ! fakesink");
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

TEST_F(AnalyzerSharing, a_key_is_made_by_one_of_two_that_ask_at_once) {
  run("! tee name=t t. ! queue ! testanalyzer ! fakesink t. ! queue ! testanalyzer ! fakesink "
      "t. ! queue ! testanalyzer ! fakesink t. ! queue ! testanalyzer ! fakesink");
  EXPECT_EQ(looked_, 4 * kFrames);
  EXPECT_EQ(made_, kFrames);
}

guint64 runtime_stat(const char* field) {
  const auto runtime = Ref<GstTorchRuntime>::adopt(gst_torch_runtime_get());
  GstStructure* stats = nullptr;
  g_object_get(runtime.get(), "stats", &stats, nullptr);
  guint64 value = G_MAXUINT64;
  gst_structure_get_uint64(stats, field, &value);
  gst_structure_free(stats);
  return value;
}

TEST_F(AnalyzerSharing, statistics_tell_conversions_and_hits) {
  run("! testanalyzer ! queue ! testanalyzer ! fakesink");
  const guint64 made = runtime_stat("conversions"), hits = runtime_stat("cache-hits");
  run("! testanalyzer ! queue ! testanalyzer ! fakesink");
  EXPECT_EQ(runtime_stat("conversions") - made, guint64{kFrames});
  EXPECT_EQ(runtime_stat("cache-hits") - hits, guint64{kFrames});
  EXPECT_EQ(runtime_stat("cache-bytes"), 0u);
}

// ThreadSanitizer sees what goes wrong here.
TEST(AnalyzerContext, is_told_to_others_also_while_the_element_is_stopped) {
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
