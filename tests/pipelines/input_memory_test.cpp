// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Tests in which memory frames arrive if model elements offer upstream an allocator, and if not.
#include <cstdlib>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/gst/gsttorchmemory.h"
#include "tests/support/gst_pipeline.h"
#include "tests/support/small_model.h"

namespace gsttorch {
namespace {

struct Arrived {
  int frames = 0, ours = 0;
  std::vector<GstMemory*> in, out;  // at the element's pads, in order
};

GstPadProbeReturn note_memory(GstPad* pad, GstPadProbeInfo* info, gpointer data) {
  auto& arrived = *static_cast<Arrived*>(data);
  GstMemory* memory = gst_buffer_peek_memory(GST_PAD_PROBE_INFO_BUFFER(info), 0);
  if (GST_PAD_IS_SRC(pad)) {
    arrived.out.push_back(memory);
    return GST_PAD_PROBE_OK;
  }
  arrived.frames++;
  arrived.ours += gst_is_torch_memory(memory);
  arrived.in.push_back(memory);
  return GST_PAD_PROBE_OK;
}

class InputMemory : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const char* before = testing::UnitTest::GetInstance()->current_test_info()->value_param();
    if (!before || std::string(before).find("jpegparse") == std::string::npos) return;
    // From gstreamer1.0-plugins-bad, which nothing else here needs.
    const auto parser = Ref<GstElementFactory>::adopt(gst_element_factory_find("jpegparse"));
    if (!parser) GTEST_SKIP() << "jpegparse is not installed";
  }
  ~InputMemory() override { unsetenv("GST_TORCH_INPUT_ALLOCATOR"); }

  Arrived run(const std::string& before) {
    Arrived arrived;
    const std::string line =
        "videotestsrc num-buffers=12 ! video/x-raw,width=64,height=48,format=I420 " + before +
        " ! raftflow iterations=1 model=" + small_flow_model() + " ! fakesink";
    EXPECT_EQ(run_pipeline(line,
                           [&](GstElement* pipeline) {
                             for (const char* name : {"sink", "src"}) {
                               for_each_pad(pipeline, "raftflow", name, [&](GstPad* pad) {
                                 gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, note_memory,
                                                   &arrived, nullptr);
                               });
                             }
                           }),
              "eos");
    EXPECT_EQ(arrived.frames, 12);
    return arrived;
  }
};

TEST_P(InputMemory, is_upstreams_own_on_the_cpu) { EXPECT_EQ(run(GetParam()).ours, 0); }

TEST_P(InputMemory, goes_out_as_it_came_in) {
  const Arrived arrived = run(GetParam());
  EXPECT_EQ(arrived.out, arrived.in);
}

TEST_P(InputMemory, is_ours_where_it_is_offered) {
  setenv("GST_TORCH_INPUT_ALLOCATOR", "1", 1);
  EXPECT_EQ(run(GetParam()).ours, 12);
}

// A source; an element that converts into the next element's buffers; libav, which renders into
// them; an element that decodes into them.
INSTANTIATE_TEST_SUITE_P(Upstream, InputMemory,
                         testing::Values("", "! videoconvert ! video/x-raw,format=RGB",
                                         "! jpegenc ! jpegparse ! avdec_mjpeg",
                                         "! jpegenc ! jpegdec"));

// Tests decoders that may be missing.
class DecodedMemory : public InputMemory {
 protected:
  void expect_upstreams_own(const std::string& encoder, const std::string& rest) {
    for (const std::string& name : {encoder, rest.substr(rest.rfind(' ') + 1)}) {
      const auto factory = Ref<GstElementFactory>::adopt(gst_element_factory_find(name.c_str()));
      if (!factory) GTEST_SKIP() << name << " is not installed";
    }
    EXPECT_EQ(run("! " + encoder + rest).ours, 0);
  }
};

TEST_F(DecodedMemory, of_h264_is_libavs_own) {
  expect_upstreams_own("openh264enc", " ! h264parse ! avdec_h264");
}

TEST_F(DecodedMemory, of_vp8_is_the_decoders_own) { expect_upstreams_own("vp8enc", " ! vp8dec"); }

TEST_F(InputMemory, of_an_element_with_its_own_pool_is_used_unchanged) {
  setenv("GST_TORCH_INPUT_ALLOCATOR", "1", 1);
  // The element hides the allocator from upstream, which then uses its own memory.
  EXPECT_EQ(run("! identity drop-allocation=true").ours, 0);
}

}  // namespace
}  // namespace gsttorch
