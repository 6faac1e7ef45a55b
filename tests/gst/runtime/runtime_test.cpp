// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Tests the runtime's properties with a real model: how long models stay loaded, how much memory
// they may use, and that everything is released at the end.
#include <thread>

#include "lib/gst/gsttorchflowmeta.h"
#include "tests/gst/runtime/runtime_fixture.h"

namespace gsttorch {
namespace {

using testing::ContainsRegex;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

constexpr guint64 kNetBytes = 3'960'000;  // approximate size of its weights

// --- release of everything

GstTorchFlow flow_of(const Ref<GstBuffer>& buffer) {
  GstTorchFlow flow{};
  GstCustomMeta* meta = gst_buffer_get_torch_flow_meta(buffer.get(), nullptr);
  if (meta) gst_torch_flow_meta_read(meta, &flow);
  return flow;
}

TEST_F(RuntimeTest, results_outlive_the_element_and_the_runtime_and_stay_readable) {
  make();
  EXPECT_THAT(play(), IsEmpty());
  const std::vector<guint8> before = bytes_of(flow_of(results.at(2)).flow);
  bool runtime_is_gone = false;
  g_object_weak_ref(
      G_OBJECT(runtime.get()), [](gpointer gone, GObject*) { *static_cast<bool*>(gone) = true; },
      &runtime_is_gone);
  pads.reset();
  trim();
  EXPECT_EQ(stat("models"), 0u);
  EXPECT_EQ(stat("tensors"), 2u) << "the flow of two pairs of frames";
  runtime = {};
  EXPECT_TRUE(runtime_is_gone);
  const auto kept = Ref<GstBuffer>::adopt(gst_buffer_copy(results.at(2).get()));
  results.clear();
  EXPECT_EQ(bytes_of(flow_of(kept).flow), before);
  EXPECT_EQ(before.size(), kWidth * kHeight * 2 * sizeof(float));
}

TEST_F(RuntimeTest, no_tensor_is_left_when_the_last_result_goes) {
  make();
  EXPECT_THAT(play(), IsEmpty());
  trim();
  EXPECT_EQ(stat("tensors"), 2u);
  results.clear();
  EXPECT_EQ(stat("tensors"), 0u);
}

// --- grace-time

TEST_F(RuntimeTest, keeps_a_model_for_users_within_its_grace_time) {
  const guint64 loads = stat("loads");
  for (int i = 0; i < 3; i++) {
    make();
    EXPECT_THAT(play(), IsEmpty());
  }
  EXPECT_EQ(stat("loads") - loads, 1u);
  EXPECT_EQ(stat("models"), 1u);
  trim();
  EXPECT_EQ(stat("models"), 0u);
}

TEST_F(RuntimeTest, drops_a_model_with_its_last_user_where_there_is_no_grace_time) {
  set_grace_time(0);
  const guint64 loads = stat("loads");
  make();
  EXPECT_THAT(play(), IsEmpty());
  results.clear();
  EXPECT_TRUE(comes_to("models", 0));
  EXPECT_TRUE(comes_to("tensors", 0));
  EXPECT_THAT(play(), IsEmpty());
  EXPECT_EQ(stat("loads") - loads, 2u);
}

TEST_F(RuntimeTest, drops_waiting_models_when_the_grace_time_is_shortened) {
  set_grace_time(3600 * GST_SECOND);
  make();
  EXPECT_THAT(play(), IsEmpty());
  EXPECT_EQ(stat("models"), 1u);
  set_grace_time(GST_MSECOND);
  EXPECT_TRUE(comes_to("models", 0));
}

TEST_F(RuntimeTest, says_what_was_set) {
  set_grace_time(7);
  set_memory_limit(11);
  set_cpu_workers(1);
  gint64 grace = 0;
  guint64 limit = 0;
  guint workers = 0;
  g_object_get(runtime.get(), "grace-time", &grace, "memory-limit", &limit, "cpu-workers", &workers,
               nullptr);
  EXPECT_EQ(grace, 7);
  EXPECT_EQ(limit, 11u);
  EXPECT_EQ(workers, 1u);
}

TEST_F(RuntimeTest, results_do_not_depend_on_the_number_of_workers) {
  make();
  set_cpu_workers(1);
  EXPECT_EQ(stat("cpu-workers"), 1u);
  EXPECT_THAT(play(), IsEmpty());
  const auto with_one = bytes_of(flow_of(results.at(2)).flow);
  set_cpu_workers(64);
  EXPECT_EQ(stat("cpu-workers"), std::thread::hardware_concurrency());
  EXPECT_THAT(play(), IsEmpty());
  EXPECT_EQ(bytes_of(flow_of(results.at(2)).flow), with_one);
}

// --- memory-limit

std::string no_space() {
  return error_prefix(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT);
}

TEST_F(RuntimeTest, refuses_a_model_beyond_its_memory_limit_and_says_the_figures) {
  set_memory_limit(1'000'000);
  make();
  const auto errors = play();
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_THAT(errors[0], StartsWith(no_space()));
  EXPECT_THAT(
      errors[0],
      ContainsRegex(
          "cannot allocate [0-9]+ bytes; [0-9]+ bytes are in use, and the limit is 1000000"));
  EXPECT_TRUE(comes_to("tensors", 0));  // the failed load ends on its own thread
  set_memory_limit(0);
  EXPECT_THAT(play(), IsEmpty());
}

TEST_F(RuntimeTest, refuses_frames_that_do_not_fit_beside_the_model_and_says_the_figures) {
  make();
  EXPECT_THAT(play(), IsEmpty());
  set_memory_limit(kNetBytes + 50'000);
  const auto errors = play();
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_THAT(errors[0], StartsWith(no_space()));
  EXPECT_THAT(errors[0],
              ContainsRegex("48x32: this requires at least 3 MB, but only [0-9]+ MB may be used"));
  set_memory_limit(0);
  EXPECT_THAT(play(), IsEmpty());
}

}  // namespace
}  // namespace gsttorch
