// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Tests model elements through state changes, seeks and relinking at difficult moments.
#include <atomic>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/gst_pipeline.h"
#include "tests/support/gst_support.h"
#include "tests/support/small_model.h"

namespace gsttorch {
namespace {

using testing::SizeIs;

Ref<GstElement> parse(const std::string& launch_line) {
  GError* failure = nullptr;
  GstElement* pipeline = gst_parse_launch(launch_line.c_str(), &failure);
  EXPECT_EQ(failure, nullptr) << failure->message;
  g_clear_error(&failure);
  return Ref<GstElement>::adopt(GST_ELEMENT(gst_object_ref_sink(pipeline)));
}

std::string raftflow(const std::string& properties = "") {
  return " ! raftflow iterations=2 model=" + small_flow_model() + " " + properties + " ";
}

std::vector<std::string> errors_on(GstElement* pipeline) {
  const auto bus = Ref<GstBus>::adopt(gst_element_get_bus(pipeline));
  std::vector<std::string> errors;
  while (GstMessage* message = gst_bus_pop_filtered(bus.get(), GST_MESSAGE_ERROR)) {
    GError* error = nullptr;
    gst_message_parse_error(message, &error, nullptr);
    errors.push_back(error->message);
    g_error_free(error);
    gst_message_unref(message);
  }
  return errors;
}

// A pipeline that is set to NULL on destruction.
class Running {
 public:
  explicit Running(const std::string& launch_line) : pipeline_(parse(launch_line)) {}
  ~Running() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }
  GstElement* get() const { return pipeline_.get(); }
  Ref<GstElement> by_name(const char* name) const {
    return Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline_.get()), name));
  }
  bool play() const {
    gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
    return settles();
  }
  bool settles() const {
    return gst_element_get_state(pipeline_.get(), nullptr, nullptr, 30 * GST_SECOND) ==
           GST_STATE_CHANGE_SUCCESS;
  }
  std::string end() const {
    const auto bus = Ref<GstBus>::adopt(gst_element_get_bus(pipeline_.get()));
    GstMessage* message = gst_bus_timed_pop_filtered(
        bus.get(), 60 * GST_SECOND,
        static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
    if (!message) return "nothing";
    const std::string name = GST_MESSAGE_TYPE_NAME(message);
    gst_message_unref(message);
    return name;
  }

 private:
  Ref<GstElement> pipeline_;
};

TEST(States, five_hundred_changes_at_random_moments) {
  const Running pipeline("videotestsrc ! video/x-raw,width=32,height=24,format=GRAY8" +
                         raftflow("batch-size=2 batch-timeout=1000000") + "! queue" +
                         raftflow("lag=2") + "! fakesink");
  std::mt19937 random(7);
  std::uniform_int_distribution<int> state(GST_STATE_NULL, GST_STATE_PLAYING), sleep_us(0, 4000);
  for (int i = 0; i < 500; i++) {
    gst_element_set_state(pipeline.get(), static_cast<GstState>(state(random)));
    g_usleep(sleep_us(random));
  }
  EXPECT_THAT(errors_on(pipeline.get()), SizeIs(0));
  EXPECT_TRUE(pipeline.play());
}

// Counts the frames that pass a pad.
std::atomic<int>& count_frames(GstPad* pad) {
  auto* count = new std::atomic<int>(0);
  gst_pad_add_probe(
      pad, GST_PAD_PROBE_TYPE_BUFFER,
      [](GstPad*, GstPadProbeInfo*, gpointer data) {
        (*static_cast<std::atomic<int>*>(data))++;
        return GST_PAD_PROBE_OK;
      },
      count, [](gpointer data) { delete static_cast<std::atomic<int>*>(data); });
  return *count;
}

TEST(States, seeks_while_it_works_with_and_without_a_flush) {
  const Running pipeline(
      "videotestsrc num-buffers=100000 ! "
      "video/x-raw,width=32,height=24,format=GRAY8,framerate=25/1" +
      raftflow() + "! fakesink name=sink");
  ASSERT_TRUE(pipeline.play());
  for (int i = 0; i < 20; i++) {
    const auto flags = i % 2 == 0 ? GST_SEEK_FLAG_FLUSH : GST_SEEK_FLAG_NONE;
    EXPECT_TRUE(gst_element_seek_simple(pipeline.get(), GST_FORMAT_TIME, flags, i * GST_SECOND));
    ASSERT_TRUE(pipeline.settles());  // a seek without a flush waits for the sink to play
    g_usleep(5000);
  }
  EXPECT_TRUE(gst_element_seek(pipeline.get(), 1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
                               GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_SET, GST_SECOND));
  EXPECT_EQ(pipeline.end(), "eos");
}

TEST(States, two_sinks_behind_a_tee_both_get_every_frame) {
  const Running pipeline(
      "videotestsrc num-buffers=12 ! video/x-raw,width=32,height=24 ! tee name=t "
      "t. ! queue" +
      raftflow() + "! fakesink name=a sync=false t. ! queue" + raftflow("lag=2") +
      "! fakesink name=b sync=false");
  const auto a = pipeline.by_name("a"), b = pipeline.by_name("b");
  auto& frames_a = count_frames(GST_PAD(a.get()->sinkpads->data));
  auto& frames_b = count_frames(GST_PAD(b.get()->sinkpads->data));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  EXPECT_EQ(pipeline.end(), "eos");
  EXPECT_EQ(frames_a, 12);
  EXPECT_EQ(frames_b, 12);
}

// Replaces the sink by a new one while frames flow.
GstPadProbeReturn replace_sink(GstPad* pad, GstPadProbeInfo*, gpointer data) {
  auto* pipeline = static_cast<GstElement*>(data);
  const auto old_pad = Ref<GstPad>::adopt(gst_pad_get_peer(pad));
  const auto old_sink = Ref<GstElement>::adopt(gst_pad_get_parent_element(old_pad.get()));
  gst_pad_unlink(pad, old_pad.get());
  gst_element_set_locked_state(old_sink.get(), TRUE);
  gst_element_set_state(old_sink.get(), GST_STATE_NULL);
  gst_bin_remove(GST_BIN(pipeline), old_sink.get());
  GstElement* sink = gst_element_factory_make("fakesink", nullptr);
  g_object_set(sink, "async", FALSE, nullptr);
  gst_bin_add(GST_BIN(pipeline), sink);
  const auto new_pad = Ref<GstPad>::adopt(gst_element_get_static_pad(sink, "sink"));
  gst_pad_link(pad, new_pad.get());
  gst_element_sync_state_with_parent(sink);
  return GST_PAD_PROBE_REMOVE;
}

TEST(States, sinks_and_the_element_itself_are_replaced_while_frames_flow) {
  const Running pipeline("videotestsrc name=source ! video/x-raw,width=32,height=24,format=GRAY8" +
                         raftflow("name=flow") + "! fakesink");
  ASSERT_TRUE(pipeline.play());
  const auto flow = pipeline.by_name("flow");
  const auto src = Ref<GstPad>::adopt(gst_element_get_static_pad(flow.get(), "src"));
  for (int i = 0; i < 10; i++) {
    gst_pad_add_probe(src.get(), GST_PAD_PROBE_TYPE_BLOCK_DOWNSTREAM, replace_sink, pipeline.get(),
                      nullptr);
    g_usleep(10000);
  }
  auto& frames = count_frames(src.get());
  for (int i = 0; i < 5000 && frames < 3; i++) g_usleep(1000);
  EXPECT_GE(frames, 3);
  EXPECT_THAT(errors_on(pipeline.get()), SizeIs(0));
}

TEST(States, works_in_a_bin_that_comes_and_goes) {
  const Running pipeline(
      "videotestsrc ! video/x-raw,width=32,height=24,format=GRAY8 ! tee "
      "name=t allow-not-linked=true t. ! queue ! fakesink");
  ASSERT_TRUE(pipeline.play());
  const auto tee = pipeline.by_name("t");
  for (int i = 0; i < 5; i++) {
    GError* failure = nullptr;
    const std::string branch = "queue" + raftflow() + "! fakesink name=s async=false";
    GstElement* bin = gst_parse_bin_from_description(branch.c_str(), TRUE, &failure);
    ASSERT_EQ(failure, nullptr);
    const auto kept = Ref<GstElement>::share(bin);
    gst_bin_add(GST_BIN(pipeline.get()), bin);
    const auto from = Ref<GstPad>::adopt(gst_element_request_pad_simple(tee.get(), "src_%u"));
    const auto to = Ref<GstPad>::adopt(gst_element_get_static_pad(bin, "sink"));
    const auto sink = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(bin), "s"));
    auto& frames = count_frames(GST_PAD(sink.get()->sinkpads->data));
    gst_element_sync_state_with_parent(bin);
    ASSERT_EQ(gst_pad_link(from.get(), to.get()), GST_PAD_LINK_OK);
    for (int n = 0; n < 10000 && frames < 3; n++) g_usleep(1000);
    EXPECT_GE(frames, 3);
    gst_pad_unlink(from.get(), to.get());
    gst_element_release_request_pad(tee.get(), from.get());
    gst_element_set_state(bin, GST_STATE_NULL);
    gst_bin_remove(GST_BIN(pipeline.get()), bin);
  }
  EXPECT_THAT(errors_on(pipeline.get()), SizeIs(0));
}

// --- progress of the load

std::vector<GstProgressType> progress_on(GstElement* pipeline) {
  const auto bus = Ref<GstBus>::adopt(gst_element_get_bus(pipeline));
  std::vector<GstProgressType> types;
  while (GstMessage* message = gst_bus_pop_filtered(bus.get(), GST_MESSAGE_PROGRESS)) {
    GstProgressType type{};
    gst_message_parse_progress(message, &type, nullptr, nullptr);
    types.push_back(type);
    gst_message_unref(message);
  }
  return types;
}

TEST(Progress, tells_the_load_and_its_end) {
  const Running pipeline("videotestsrc num-buffers=2" + raftflow() + "! fakesink");
  ASSERT_TRUE(pipeline.play());
  EXPECT_THAT(progress_on(pipeline.get()),
              testing::ElementsAre(GST_PROGRESS_TYPE_START, GST_PROGRESS_TYPE_COMPLETE));
}

TEST(Progress, is_always_closed_also_when_stopped_at_once) {
  for (int i = 0; i < 20; i++) {
    const auto element = Ref<GstElement>::adopt(
        GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make("raftflow", nullptr))));
    g_object_set(element.get(), "model", small_flow_model().c_str(), nullptr);
    ElementBus bus(element.get());
    gst_element_set_state(element.get(), GST_STATE_READY);
    g_usleep(i * 50);
    gst_element_set_state(element.get(), GST_STATE_NULL);
    EXPECT_THAT(bus.take(GST_MESSAGE_PROGRESS), SizeIs(2)) << i;
  }
}

TEST(Progress, of_a_failed_load_ends_with_one_error) {
  const TempDirectory directory;
  write_text(directory.path("bad.safetensors"), std::string("\x02\0\0\0\0\0\0\0{}", 10));
  const Running pipeline("videotestsrc num-buffers=2 ! raftflow model=" +
                         directory.path("bad.safetensors") + " ! fakesink");
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  EXPECT_EQ(pipeline.end(), "error");
  gst_element_set_state(pipeline.get(), GST_STATE_READY);
  EXPECT_THAT(errors_on(pipeline.get()),
              testing::Not(testing::Contains(testing::HasSubstr("bad"))));
}

}  // namespace
}  // namespace gsttorch
