// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Tests the memory of result arrays while frames wait, and what happens above the limit.
#include "lib/gst/results_budget.h"

#include <cstdint>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/gst/gsttorchmatchmeta.h"
#include "lib/gst/gsttorchruntime.h"
#include "lib/gst/tensor_buffer.h"
#include "tests/support/gst_support.h"
#include "tests/support/loftr_model.h"
#include "tests/support/match_results.h"
#include "tests/support/small_model.h"

namespace gsttorch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A tensor that reports a large size without using the memory.
class LargeTensor final : public Tensor {
 public:
  explicit LargeTensor(std::size_t bytes)
      : shape_{static_cast<std::int64_t>(bytes / sizeof(float))}, bytes_(bytes) {}
  const std::vector<std::int64_t>& shape() const override { return shape_; }
  DataType type() const override { return DataType::Float32; }
  std::size_t bytes() const override { return bytes_; }
  const void* host_data() override { return nullptr; }

 private:
  const std::vector<std::int64_t> shape_;
  const std::size_t bytes_;
};

Ref<GstBuffer> array_of(std::size_t bytes) {
  return wrap_tensor(std::make_shared<LargeTensor>(bytes));
}

/// Uses the process's runtime and resets its limit at the end of each test.
class ResultsMemory : public ::testing::Test {
 protected:
  ~ResultsMemory() override { set_limit(0); }

  void set_limit(guint64 bytes) { g_object_set(runtime_.get(), "memory-limit", bytes, nullptr); }
  guint64 results_bytes() {
    GstStructure* stats = nullptr;
    g_object_get(runtime_.get(), "stats", &stats, nullptr);
    guint64 bytes = G_MAXUINT64;
    EXPECT_TRUE(gst_structure_get_uint64(stats, "results-bytes", &bytes));
    gst_structure_free(stats);
    return bytes;
  }

  Ref<GstTorchRuntime> runtime_ = Ref<GstTorchRuntime>::adopt(gst_torch_runtime_get());
};

TEST_F(ResultsMemory, is_counted_until_the_last_reference_to_an_array) {
  const guint64 before = results_bytes();
  auto first = array_of(1000);
  const auto second = wrap_values({1, 2, 3}, {3});
  EXPECT_EQ(results_bytes(), before + 1012);
  // Attaches it to a frame, then copies the frame.
  auto frame = make_buffer(4);
  const GstTorchFlow flow = describe_flow(1, 1, first.get());
  gst_buffer_add_torch_flow_meta(frame.get(), &flow);
  first = {};
  auto copy = Ref<GstBuffer>::adopt(gst_buffer_copy(frame.get()));
  frame = {};
  EXPECT_EQ(results_bytes(), before + 1012);
  copy = {};
  EXPECT_EQ(results_bytes(), before + 12);
}

TEST_F(ResultsMemory, may_be_a_quarter_of_the_limit_then_warns_once) {
  const auto element = Ref<GstElement>::adopt(gst_element_factory_make("identity", nullptr));
  ElementBus bus(element.get());
  ResultsBudget budget;
  const guint64 before = results_bytes();
  set_limit(4 * (before + 1000));
  auto held = array_of(900);
  EXPECT_TRUE(budget.admits(element.get(), 100));
  EXPECT_TRUE(bus.take(GST_MESSAGE_WARNING).empty());
  EXPECT_FALSE(budget.admits(element.get(), 101));
  EXPECT_FALSE(budget.admits(element.get(), 200));
  EXPECT_THAT(bus.take(GST_MESSAGE_WARNING),
              ElementsAre(HasSubstr("attaches figures without arrays")));
  held = {};
  EXPECT_TRUE(budget.admits(element.get(), 1000)) << "it was freed";
  EXPECT_FALSE(budget.admits(element.get(), 1001));
  EXPECT_TRUE(bus.take(GST_MESSAGE_WARNING).empty()) << "said before";
  budget.restart();
  EXPECT_FALSE(budget.admits(element.get(), 1001));
  EXPECT_EQ(bus.take(GST_MESSAGE_WARNING).size(), 1u);
}

TEST_F(ResultsMemory, has_a_bound_without_a_limit_too) {
  const auto element = Ref<GstElement>::adopt(gst_element_factory_make("identity", nullptr));
  ElementBus bus(element.get());
  ResultsBudget budget;
  EXPECT_TRUE(budget.admits(element.get(), 64 << 20));
  const auto held = array_of(std::size_t{1} << 50);
  EXPECT_FALSE(budget.admits(element.get(), 1));
}

Ref<GstBuffer> frame(int index, guint width, guint height) {
  std::vector<guint8> pixels(width * height);
  for (guint i = 0; i < pixels.size(); i++) {
    const guint x = i % width + 4 * static_cast<guint>(index), y = i / width;
    pixels[i] = static_cast<guint8>((x / 6 * 37 + y / 5 * 61) % 200 + x * 7 % 13);
  }
  Ref<GstBuffer> buffer = make_array(pixels);
  GST_BUFFER_PTS(buffer.get()) = index * 40 * GST_MSECOND;
  GST_BUFFER_DURATION(buffer.get()) = 40 * GST_MSECOND;
  return buffer;
}

// Whether each of three frames has an array: the first one never does, and the third one arrives
// when the arrays of earlier frames have reached the limit.
std::vector<bool> arrays_of(GstElement* element, bool (*has_array)(GstBuffer*),
                            std::vector<std::string>* warnings) {
  constexpr guint kWidth = 160, kHeight = 128;
  Harness harness(element);
  harness.set_caps("video/x-raw,format=GRAY8,framerate=25/1,width=160,height=128");
  std::vector<bool> found;
  Ref<GstBuffer> held;
  for (int i = 0; i < 4; i++) {
    if (i == 2) held = array_of(std::size_t{1} << 50);
    if (i == 3) held = {};
    const auto out = harness.push_and_pull(frame(i, kWidth, kHeight));
    found.push_back(out && has_array(out.get()));
  }
  *warnings = harness.bus.take(GST_MESSAGE_WARNING);
  return found;
}

bool has_flow(GstBuffer* buffer) {
  g_autoptr(GstTorchFlow) flow = gst_buffer_get_torch_flow(buffer, nullptr);
  EXPECT_TRUE(flow && (flow->skipped || flow->mean_magnitude > 0)) << "the numbers are there";
  return flow && flow->flow;
}

bool has_matches(GstBuffer* buffer) {
  g_autoptr(GstTorchMatch) match = gst_buffer_get_torch_match(buffer, nullptr);
  EXPECT_TRUE(match && (match->skipped || match->count > 0)) << "the numbers are there";
  return match && match->matches;
}

TEST_F(ResultsMemory, that_is_all_taken_leaves_the_numbers_of_flow) {
  GstElement* element = gst_element_factory_make("raftflow", nullptr);
  g_object_set(element, "model", small_flow_model().c_str(), "iterations", 1, "device", "cpu",
               nullptr);
  std::vector<std::string> warnings;
  EXPECT_THAT(arrays_of(element, has_flow, &warnings), ElementsAre(false, true, false, true));
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("attaches figures without arrays")));
}

TEST_F(ResultsMemory, that_is_all_taken_leaves_the_numbers_of_matches) {
  GstElement* element = gst_element_factory_make("loftrmatch", nullptr);
  g_object_set(element, "model", small_loftr_model().c_str(), "threshold", 0., "device", "cpu",
               nullptr);
  std::vector<std::string> warnings;
  EXPECT_THAT(arrays_of(element, has_matches, &warnings), ElementsAre(false, true, false, true));
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("attaches figures without arrays")));
}

}  // namespace
}  // namespace gsttorch
