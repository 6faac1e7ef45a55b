// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <gst/base/gstbasetransform.h>

#include "tests/gst/perfmeter/perfmeter_fixture.h"

// Sleeps for every buffer and reports an inference time, like the model elements: these share
// worker threads, so one element waits while another one computes.
struct GstTestModel {
  GstBaseTransform parent;
  guint sleep_us;
  gdouble inference_ms;
};
struct GstTestModelClass {
  GstBaseTransformClass parent;
};
static GType gst_test_model_get_type();
G_DEFINE_TYPE(GstTestModel, gst_test_model, GST_TYPE_BASE_TRANSFORM)

namespace {

enum Property { kStats = 1, kSleep, kInference };

GstTestModel* model(gpointer self) {
  return G_TYPE_CHECK_INSTANCE_CAST(self, gst_test_model_get_type(), GstTestModel);
}

void set_model_property(GObject* self, guint id, const GValue* value, GParamSpec*) {
  if (id == kSleep) model(self)->sleep_us = g_value_get_uint(value);
  if (id == kInference) model(self)->inference_ms = g_value_get_double(value);
}

void get_model_property(GObject* self, guint, GValue* value, GParamSpec*) {
  g_value_take_boxed(value, gst_structure_new("stats", "inference-ms", G_TYPE_DOUBLE,
                                              model(self)->inference_ms, nullptr));
}

}  // namespace

static void gst_test_model_init(GstTestModel* self) {
  gst_base_transform_set_passthrough(GST_BASE_TRANSFORM(self), TRUE);
}

static void gst_test_model_class_init(GstTestModelClass* klass) {
  auto* object_class = G_OBJECT_CLASS(klass);
  auto* element_class = GST_ELEMENT_CLASS(klass);
  object_class->set_property = set_model_property;
  object_class->get_property = get_model_property;
  g_object_class_install_property(
      object_class, kStats,
      g_param_spec_boxed("stats", "", "", GST_TYPE_STRUCTURE, G_PARAM_READABLE));
  g_object_class_install_property(
      object_class, kSleep, g_param_spec_uint("sleep", "", "", 0, 1000000, 0, G_PARAM_WRITABLE));
  g_object_class_install_property(
      object_class, kInference,
      g_param_spec_double("inference", "", "", 0, 1000, 0, G_PARAM_WRITABLE));
  GST_BASE_TRANSFORM_CLASS(klass)->transform_ip = [](GstBaseTransform* self, GstBuffer*) {
    g_usleep(model(self)->sleep_us);
    return GST_FLOW_OK;
  };
  gst_element_class_set_static_metadata(element_class, "Test", "Filter", "Sleeps", "tests");
  for (const auto& [name, direction] : {std::pair{"sink", GST_PAD_SINK}, {"src", GST_PAD_SRC}}) {
    gst_element_class_add_pad_template(
        element_class, gst_pad_template_new(name, direction, GST_PAD_ALWAYS, GST_CAPS_ANY));
  }
}

namespace gsttorch {
namespace {

TEST(PerfMeterBottleneck, is_a_slow_source) {
  const Record last = last_of(
      "videotestsrc name=start is-live=true num-buffers=12 ! queue ! perfmeter interval=0 "
      "measure=pipeline ! fakesink sync=false");
  EXPECT_EQ(last.text("bottleneck"), "source");
  EXPECT_EQ(last.text("bottleneck-element"), "start");
}

TEST(PerfMeterBottleneck, is_a_source_that_gives_buffers_slowly_on_the_thread_of_the_sink) {
  const Record last = last_of(
      "videotestsrc is-live=true num-buffers=12 ! perfmeter interval=0 measure=pipeline ! "
      "fakesink sync=false");
  EXPECT_EQ(last.text("bottleneck"), "source");
}

TEST(PerfMeterBottleneck, is_a_slow_element_that_is_pulled_from) {
  const auto pipeline = parse(
      "fakesrc can-activate-pull=true num-buffers=60 sizetype=fixed sizemax=16 ! identity "
      "name=slow sleep-time=5000 ! perfmeter name=m measure=pipeline ! fakesink "
      "can-activate-pull=true can-activate-push=false");
  const auto meter = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "m"));
  const auto bus = Ref<GstBus>::adopt(gst_element_get_bus(pipeline.get()));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  // No event passes in pull mode; the sink itself posts EOS.
  const auto end = Ref<GstMessage>::adopt(
      gst_bus_timed_pop_filtered(bus.get(), 20 * GST_SECOND, GST_MESSAGE_EOS));
  const Record stats = stats_of(meter.get());
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  ASSERT_TRUE(end);
  EXPECT_EQ(stats.text("bottleneck"), "slow");
  EXPECT_GT(stats.real("bottleneck-share"), 0.5);
}

TEST(PerfMeterBottleneck, is_a_slow_element_by_its_name) {
  const Record last = last_of(
      "videotestsrc num-buffers=60 ! queue max-size-buffers=4 ! identity name=slow sleep-time=8000 "
      "! queue ! perfmeter interval=0 measure=pipeline ! fakesink");
  EXPECT_EQ(last.text("bottleneck"), "slow");
  EXPECT_GT(last.real("bottleneck-share"), 0.5);
}

TEST(PerfMeterBottleneck, is_a_slow_sink) {
  const Record last = last_of(
      "videotestsrc num-buffers=15 ! video/x-raw,framerate=30/1 ! perfmeter interval=0 "
      "measure=pipeline ! queue max-size-buffers=2 ! fakesink sync=true");
  EXPECT_EQ(last.text("bottleneck"), "sink");
}

TEST(PerfMeterBottleneck, is_a_slow_sink_on_the_thread_of_the_source) {
  const Record last = last_of(
      "videotestsrc num-buffers=15 ! video/x-raw,framerate=30/1 ! perfmeter interval=0 "
      "measure=pipeline ! fakesink sync=true");
  EXPECT_EQ(last.text("bottleneck"), "sink");
}

// The meter's report on two elements of which the waiting one reports the shorter inference.
Record last_of_two_models(const std::string& measure) {
  gst_element_register(nullptr, "testmodel", GST_RANK_NONE, gst_test_model_get_type());
  return last_of(
      "videotestsrc num-buffers=60 ! video/x-raw,width=16,height=16 ! testmodel name=waits "
      "sleep=8000 inference=1 ! queue ! testmodel name=computes inference=20 ! perfmeter "
      "interval=0 "
      "measure=" +
      measure + " ! fakesink");
}

TEST(PerfMeterBottleneck, is_the_element_whose_inference_takes_most_not_the_one_that_waits) {
  const Record last = last_of_two_models("pipeline+reports");
  EXPECT_EQ(last.text("bottleneck"), "computes");
  EXPECT_EQ(last.text("bottleneck-element"), "computes");
}

TEST(PerfMeterBottleneck, is_the_element_that_waits_where_reports_are_not_measured) {
  EXPECT_EQ(last_of_two_models("pipeline").text("bottleneck"), "waits");
}

}  // namespace
}  // namespace gsttorch
