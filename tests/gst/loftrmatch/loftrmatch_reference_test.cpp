// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Tests reference images that take long to read.
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/gst/gsttorchmatchmeta.h"
#include "tests/support/gst_support.h"
#include "tests/support/loftr_model.h"
#include "tests/support/match_results.h"
#include "tests/support/slow_image.h"
#include "tests/support/small_model.h"
#include "tests/support/temp_directory.h"

namespace gsttorch {
namespace {

constexpr int kWidth = 160, kHeight = 128;
constexpr char kCaps[] = "video/x-raw,format=GRAY8,framerate=25/1,width=160,height=128";

Ref<GstBuffer> frame(int index) {
  std::vector<guint8> pixels;
  for (int i = 0; i < kWidth * kHeight; i++) pixels.push_back(static_cast<guint8>(i * 7 ^ i / 160));
  Ref<GstBuffer> buffer = make_array(pixels);
  GST_BUFFER_PTS(buffer.get()) = static_cast<GstClockTime>(index) * 40 * GST_MSECOND;
  GST_BUFFER_DURATION(buffer.get()) = 40 * GST_MSECOND;
  return buffer;
}

class SlowReference : public testing::Test {
 protected:
  SlowReference() {
    slow_.write(path_);
    element_ = gst_element_factory_make("loftrmatch", "match");
    g_object_set(element_, "model", small_loftr_model().c_str(), "threshold", 0.,
                 "reference-location", path_.c_str(), nullptr);
    gst_util_set_object_arg(G_OBJECT(element_), "mode", "reference");
  }
  ~SlowReference() override { slow_.release(); }

  const TempDirectory directory_;
  const std::string path_ = directory_.path("slow.pic");
  SlowImages& slow_ = SlowImages::instance();
  GstElement* element_;  // owned by the harness that a test creates from it
};

TEST_F(SlowReference, is_read_while_the_model_is_loaded) {
  Harness harness(element_);  // plays without any frame
  EXPECT_TRUE(slow_.wait_until_begun(1));
}

TEST_F(SlowReference, does_not_delay_a_live_stream) {
  Harness harness(element_);
  harness.set_live(true);
  harness.set_caps(kCaps);
  for (int i = 0; i < 3; i++) {
    const OwnedMatch match = result_of(harness.push_and_pull(frame(i)));
    ASSERT_TRUE(match);
    EXPECT_STREQ(match->skipped, "reference-loading");
  }
  EXPECT_EQ(stat(harness.element(), "skipped"), 3u);
  slow_.release();
  std::string skipped = "reference-loading";
  for (int i = 3; i < 1000 && !skipped.empty(); i++) {
    const OwnedMatch match = result_of(harness.push_and_pull(frame(i)));
    skipped = match->skipped ? match->skipped : "";
    if (!skipped.empty()) g_usleep(10'000);
  }
  EXPECT_EQ(skipped, "");
  EXPECT_EQ(stat(harness.element(), "reference-encodes"), 1u);
}

TEST_F(SlowReference, occupies_no_worker_while_a_file_stream_waits) {
  Harness harness(element_), other("raftflow iterations=1 model=" + small_flow_model());
  harness.set_live(false);
  harness.set_caps(kCaps);
  harness.push(frame(0));
  ASSERT_TRUE(slow_.wait_until_begun(1));
  other.set_caps(kCaps);
  for (int i = 0; i < 2; i++) EXPECT_TRUE(other.push_and_pull(frame(i)));  // on the same workers
  EXPECT_EQ(gst_harness_buffers_in_queue(harness.get()), 0u);
  slow_.release();
  const OwnedMatch match = result_of(harness.pull());
  ASSERT_TRUE(match);
  EXPECT_EQ(match->skipped, nullptr);
  EXPECT_EQ(match->reference_width, guint{SlowImages::kWidth});
}

TEST_F(SlowReference, is_not_waited_for_in_a_flush) {
  Harness harness(element_);
  harness.set_live(false);
  harness.set_caps(kCaps);
  harness.push(frame(0));
  ASSERT_TRUE(slow_.wait_until_begun(1));
  harness.push_event(gst_event_new_flush_start());
  harness.push_event(gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  harness.push_event(gst_event_new_segment(&segment));
  slow_.release();
  const OwnedMatch match = result_of(harness.push_and_pull(frame(5)));
  ASSERT_TRUE(match);
  EXPECT_EQ(match->skipped, nullptr);
  EXPECT_THAT(harness.bus.take(GST_MESSAGE_ERROR), testing::IsEmpty());
}

TEST_F(SlowReference, is_not_waited_for_at_the_end) {
  Harness harness(element_);
  harness.set_live(false);
  harness.set_caps(kCaps);
  harness.push(frame(0));
  ASSERT_TRUE(slow_.wait_until_begun(1));
  EXPECT_EQ(gst_element_set_state(element_, GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
}

TEST_F(SlowReference, is_cancelled_when_another_one_replaces_it) {
  Harness harness(element_);
  harness.set_live(false);
  harness.set_caps(kCaps);
  ASSERT_TRUE(slow_.wait_until_begun(1));
  const std::string other = directory_.path("broken.png");
  g_file_set_contents(other.c_str(), "no image", -1, nullptr);
  g_object_set(element_, "reference-location", other.c_str(), nullptr);
  harness.push(frame(0));
  EXPECT_THAT(harness.bus.wait_for(GST_MESSAGE_ERROR), testing::HasSubstr("broken.png"));
}

}  // namespace
}  // namespace gsttorch
