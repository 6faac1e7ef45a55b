// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// The base class alone: an element without a model, and so without the class that knows models.
#include <thread>

#include "lib/gst/util/video_frame.h"
#include "tests/gst/analyzer/analyzer_fixture.h"

namespace gsttorch {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::SizeIs;

class PlainAnalyzer : public AnalyzerTest {
 protected:
  PlainAnalyzer() { factory = "plaintestanalyzer"; }

  bool has_property(const char* name) const {
    return g_object_class_find_property(G_OBJECT_GET_CLASS(pads->element()), name) != nullptr;
  }
};

TEST_F(PlainAnalyzer, passes_frames_on_in_order_once_they_are_analysed) {
  begin();
  push_frames(0, 3);
  EXPECT_THAT(pads->wait_for(3), ElementsAre("buffer 0", "buffer 1", "buffer 2"));
  EXPECT_THAT(work.seen(), SizeIs(3));
  EXPECT_EQ(stat("analyzed"), 3u);
}

TEST_F(PlainAnalyzer, has_the_properties_of_every_analyser_and_none_of_a_model) {
  make();
  for (const char* name : {"inference-interval", "batch-size", "batch-timeout", "max-lateness",
                           "attach", "post-messages", "stats"}) {
    EXPECT_TRUE(has_property(name)) << name;
  }
  for (const char* name : {"model", "device", "precision", "memory-limit"}) {
    EXPECT_FALSE(has_property(name)) << name;
  }
}

TEST_F(PlainAnalyzer, works_in_the_analysis_task_and_keeps_nothing_with_a_frame) {
  std::vector<std::thread::id> threads;  // written by the analysis task, read after the frames left
  std::vector<bool> kept;
  work.analyze = [&](std::span<AnalyzedFrame> frames, auto) {
    threads.push_back(std::this_thread::get_id());
    for (const AnalyzedFrame& frame : frames) kept.push_back(frame.image || frame.pixels);
    return Result<void>();
  };
  begin();
  push_frames(0, 2);
  pads->wait_for(2);
  EXPECT_THAT(threads, ElementsAre(threads.front(), threads.front()));
  EXPECT_NE(threads.front(), std::this_thread::get_id());
  EXPECT_THAT(kept, Each(false));
}

TEST_F(PlainAnalyzer, reads_the_visible_part_of_a_cropped_frame) {
  int width = 0;
  std::uint8_t first = 0;  // pixel of the part
  work.analyze = [&](std::span<AnalyzedFrame> frames, auto) {
    const MappedFrame mapped(frames[0].caps_info, frames[0].buffer.get());
    const ImageView view = mapped.view();
    width = view.width;
    first = view.planes[0].data[0];
    return Result<void>();
  };
  begin();
  Ref<GstBuffer> buffer = frame(0);
  const guint8 pixel = 200;
  gst_buffer_fill(buffer.get(), 2 * 16 + 3, &pixel, 1);
  GstVideoCropMeta* crop = gst_buffer_add_video_crop_meta(buffer.get());
  crop->x = 3;
  crop->y = 2;
  crop->width = 5;
  crop->height = 4;
  ASSERT_EQ(pads->push(std::move(buffer)), GST_FLOW_OK);
  pads->wait_for(1);
  EXPECT_EQ(width, 5);
  EXPECT_EQ(first, 200);
}

TEST_F(PlainAnalyzer, fills_batches) {
  properties = {{"batch-size", "3"}, {"batch-timeout", "10000000000"}};
  begin();
  push_frames(0, 6);
  pads->wait_for(6);
  EXPECT_THAT(work.batch_sizes(), ElementsAre(3u, 3u));
}

TEST_F(PlainAnalyzer, a_flush_ends_the_work) {
  work.analyze = [](auto, std::stop_token stop) -> Result<void> {
    while (!stop.stop_requested()) g_usleep(100);
    return Error{ErrorCode::Cancelled, "cancelled"};
  };
  begin();
  push_frames(0, 1);
  pads->flush();
  work.analyze = {};
}

TEST_F(PlainAnalyzer, decides_at_the_end_what_waits_for_later_frames) {
  work.look_ahead = 2;
  begin();
  push_frames(0, 2);
  pads->push_eos();
  EXPECT_THAT(pads->wait_for(3), ElementsAre("buffer 0", "buffer 1", "eos"));
}

}  // namespace
}  // namespace gsttorch
