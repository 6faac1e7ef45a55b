// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Tests several raftflow in real pipelines: they share weights, images and features, and compute
// the same flow as a single one.
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/gst/gsttorchruntime.h"
#include "tests/support/gst_pipeline.h"
#include "tests/support/gst_support.h"
#include "tests/support/small_model.h"

namespace gsttorch {
namespace {

constexpr int kFrames = 6;

/// Mean magnitude of each frame's flow by the name of the element that computed it.
using Flows = std::map<std::string, std::vector<double>>;

GstPadProbeReturn note_flows(GstPad*, GstPadProbeInfo* info, gpointer flows) {
  static std::mutex mutex;  // behind a tee each sink has its own thread
  const std::lock_guard lock(mutex);
  gpointer state = nullptr;
  GstBuffer* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
  while (GstCustomMeta* meta = gst_buffer_iterate_torch_flow_meta(buffer, &state)) {
    GstTorchFlow flow{};
    gst_torch_flow_meta_read(meta, &flow);
    (*static_cast<Flows*>(flows))[flow.source].push_back(flow.skipped ? -1 : flow.mean_magnitude);
  }
  return GST_PAD_PROBE_OK;
}

std::string raftflow(const std::string& name, const std::string& properties = "") {
  return " ! raftflow name=" + name + " iterations=2 model=" + small_flow_model() + " " +
         properties;
}

std::string source(const std::string& format = "I420") {
  return "videotestsrc pattern=ball num-buffers=" + std::to_string(kFrames) +
         " ! video/x-raw,width=64,height=48,framerate=25/1,format=" + format + " ";
}

class Sharing : public testing::Test {
 protected:
  Sharing() { gst_torch_runtime_trim(runtime_.get()); }

  /// Runs a pipeline, noting the flows that reach its sinks (fakesink).
  Flows run(const std::string& launch_line) {
    Flows flows;
    EXPECT_EQ(run_pipeline(launch_line,
                           [&](GstElement* pipeline) {
                             for_each_pad(pipeline, "fakesink", "sink", [&](GstPad* pad) {
                               gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, note_flows, &flows,
                                                 nullptr);
                             });
                           }),
              "eos");
    return flows;
  }

  guint64 stat(const char* field) const {
    GstStructure* stats = nullptr;
    g_object_get(runtime_.get(), "stats", &stats, nullptr);
    guint64 value = G_MAXUINT64;
    gst_structure_get_uint64(stats, field, &value);
    gst_structure_free(stats);
    return value;
  }

  const Ref<GstTorchRuntime> runtime_ = Ref<GstTorchRuntime>::adopt(gst_torch_runtime_get());
  const guint64 loads_before_ = stat("loads");
  const guint64 conversions_before_ = stat("conversions");
  const guint64 features_before_ = stat("features");
  guint64 loads() const { return stat("loads") - loads_before_; }
  guint64 conversions() const { return stat("conversions") - conversions_before_; }
  guint64 features() const { return stat("features") - features_before_; }
};

TEST_F(Sharing, two_of_one_model_load_convert_and_encode_once) {
  const Flows alone = run(source() + raftflow("a") + " ! fakesink");
  const Flows lagged = run(source() + raftflow("b", "lag=2") + " ! fakesink");
  const guint64 loads = this->loads(), made = conversions(), encoded = features();
  const Flows both =
      run(source() + raftflow("a") + " ! queue" + raftflow("b", "lag=2") + " ! fakesink");
  EXPECT_EQ(loads, 1u);  // for all three pipelines
  EXPECT_EQ(this->loads(), 1u);
  EXPECT_EQ(conversions() - made, guint64{kFrames});
  EXPECT_EQ(features() - encoded, guint64{kFrames});
  EXPECT_EQ(both.at("a"), alone.at("a"));
  EXPECT_EQ(both.at("b"), lagged.at("b"));
  EXPECT_THAT(both.at("a"), testing::SizeIs(kFrames));
}

TEST_F(Sharing, three_with_two_sizes_convert_once_for_each_size) {
  run("videotestsrc num-buffers=" + std::to_string(kFrames) +
      " ! video/x-raw,width=192,height=160,framerate=25/1,format=I420" + raftflow("a") +
      raftflow("b", "max-size=128") + raftflow("c", "lag=3") + " ! fakesink");
  EXPECT_EQ(loads(), 1u);
  EXPECT_EQ(conversions(), guint64{2 * kFrames});
}

TEST_F(Sharing, two_behind_a_tee_do_too) {
  const Flows alone = run(source() + raftflow("a") + " ! fakesink");
  const guint64 made = conversions();
  const Flows both = run(source() + "! tee name=t t. ! queue" + raftflow("a") +
                         " ! fakesink t. ! queue" + raftflow("b") + " ! fakesink");
  EXPECT_EQ(loads(), 1u);
  EXPECT_EQ(conversions() - made, guint64{kFrames});
  EXPECT_EQ(both.at("a"), alone.at("a"));
  EXPECT_EQ(both.at("b"), alone.at("a"));
}

TEST_F(Sharing, two_behind_a_decoder_with_its_own_buffers_do_too) {
  const std::string decoded = source() + "! jpegenc ! jpegdec";
  const Flows alone = run(decoded + raftflow("a") + " ! fakesink");
  const guint64 made = conversions();
  const Flows both = run(decoded + raftflow("a") + " ! queue" + raftflow("b") + " ! fakesink");
  EXPECT_EQ(conversions() - made, guint64{kFrames});
  EXPECT_EQ(both.at("a"), alone.at("a"));
  EXPECT_EQ(both.at("b"), alone.at("a"));
}

TEST_F(Sharing, flow_of_frames_changed_between_two_is_that_of_the_changed_frames) {
  const std::string change = " ! videobalance brightness=0.3 contrast=1.5";
  const Flows before = run(source() + raftflow("a") + " ! fakesink");
  const Flows after = run(source() + change + raftflow("b") + " ! fakesink");
  const Flows both = run(source() + raftflow("a") + change + raftflow("b") + " ! fakesink");
  EXPECT_EQ(both.at("a"), before.at("a"));
  EXPECT_EQ(both.at("b"), after.at("b"));
  EXPECT_NE(before.at("a"), after.at("b"));
}

TEST_F(Sharing, an_overlay_between_two_shows_up_in_the_second) {
  const Flows after =
      run(source("BGRx") + raftflow("a") + " ! analysisoverlay ! identity drop-allocation=true" +
          raftflow("b") + " ! fakesink");
  EXPECT_NE(after.at("a"), after.at("b"));
}

TEST_F(Sharing, batches_give_the_flow_of_single_pairs) {
  const Flows alone = run(source() + raftflow("a") + " ! fakesink");
  const Flows batched = run(source() + raftflow("a", "batch-size=3") + " ! fakesink");
  ASSERT_THAT(batched.at("a"), testing::SizeIs(kFrames));
  for (int i = 0; i < kFrames; i++) EXPECT_NEAR(batched.at("a")[i], alone.at("a")[i], 1e-4) << i;
}

TEST_F(Sharing, nothing_is_kept_after_the_pipelines) {
  run(source() + raftflow("a") + raftflow("b") + " ! fakesink");
  EXPECT_EQ(stat("cache-bytes"), 0u);
  EXPECT_GT(stat("cache-hits"), 0u);
}

}  // namespace
}  // namespace gsttorch
