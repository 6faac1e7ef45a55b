// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Which memory frames come in, when model elements offer theirs to upstream and when they do not.
#include <cstdlib>
#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/gst/gsttorchmemory.h"
#include "tests/support/gst_pipeline.h"
#include "tests/support/small_net.h"

namespace gsttorch {
namespace {

struct Arrived {
  int frames = 0, ours = 0;
  std::map<GstMemory*, int> memories;
};

GstPadProbeReturn note_memory(GstPad*, GstPadProbeInfo* info, gpointer data) {
  auto& arrived = *static_cast<Arrived*>(data);
  GstMemory* memory = gst_buffer_peek_memory(GST_PAD_PROBE_INFO_BUFFER(info), 0);
  arrived.frames++;
  arrived.ours += gst_is_torch_memory(memory);
  arrived.memories[memory]++;
  return GST_PAD_PROBE_OK;
}

class InputMemory : public testing::TestWithParam<const char*> {
 protected:
  ~InputMemory() override { unsetenv("GST_TORCH_INPUT_ALLOCATOR"); }

  Arrived run(const std::string& before) {
    Arrived arrived;
    const std::string line =
        "videotestsrc num-buffers=12 ! video/x-raw,width=64,height=48,format=I420 " + before +
        " ! raftflow iterations=1 model=" + small_flow_net() + " ! fakesink";
    EXPECT_EQ(run_pipeline(line,
                           [&](GstElement* pipeline) {
                             for_each_pad(pipeline, "raftflow", "sink", [&](GstPad* pad) {
                               gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, note_memory,
                                                 &arrived, nullptr);
                             });
                           }),
              "eos");
    EXPECT_EQ(arrived.frames, 12);
    return arrived;
  }
};

TEST_P(InputMemory, is_upstreams_own_on_the_cpu) { EXPECT_EQ(run(GetParam()).ours, 0); }

TEST_P(InputMemory, is_ours_where_it_is_offered) {
  setenv("GST_TORCH_INPUT_ALLOCATOR", "1", 1);
  EXPECT_EQ(run(GetParam()).ours, 12);
}

// A source; one that converts into the next element's buffers; libav, which renders into them; one
// that decodes into them.
INSTANTIATE_TEST_SUITE_P(Upstream, InputMemory,
                         testing::Values("", "! videoconvert ! video/x-raw,format=RGB",
                                         "! jpegenc ! jpegparse ! avdec_mjpeg",
                                         "! jpegenc ! jpegdec"));

TEST_F(InputMemory, of_an_element_with_a_pool_of_its_own_is_taken_as_it_is) {
  setenv("GST_TORCH_INPUT_ALLOCATOR", "1", 1);
  // It hides the offer from upstream, which then makes its own.
  EXPECT_EQ(run("! identity drop-allocation=true").ours, 0);
}

}  // namespace
}  // namespace gsttorch
