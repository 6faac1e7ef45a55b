// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors

// What the nets compute on a GPU, against what they compute on the processor. Skipped where there
// is no GPU that LibTorch can use.
#include <cmath>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "lib/engine/loader.h"
#include "tests/support/paths.h"
#include "tests/support/picture.h"
#include "tests/support/temp_folder.h"
#include "tests/support/weights_file.h"

namespace gsttorch {
namespace {

constexpr int kWidth = 192, kHeight = 136;

class FlowOnGpu : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const auto engine = load_engine();
    ASSERT_TRUE(engine) << engine.error().message;
    engine_ = *engine;
    const auto device = engine_->resolve_device("cuda");
    if (!device) GTEST_SKIP() << device.error().message;
    device_ = *device;
    formula::write_weights(weights(),
                           source_file(std::string("tests/nn/goldens/") + GetParam() + ".shapes"));
  }

  std::string weights() const { return folder_.path("net.safetensors"); }

  std::unique_ptr<FlowModel> load(const std::string& device) {
    auto model = engine_->load_flow_model({weights(), device});
    EXPECT_TRUE(model) << model.error().message;
    return model ? std::move(model).value() : nullptr;
  }

  static std::vector<FlowResult> run(FlowModel& model, const std::vector<Picture>& pictures,
                                     const FlowOptions& options) {
    std::vector<std::shared_ptr<const FlowFrame>> frames;
    for (const Picture& picture : pictures) {
      SingleUseImage image(picture.view);
      const auto frame = model.encode(image, options);
      EXPECT_TRUE(frame) << frame.error().message;
      if (!frame) return {};
      frames.push_back(*frame);
    }
    std::vector<FlowPair> pairs;
    for (std::size_t i = 1; i < frames.size(); i++) {
      pairs.push_back({frames[i - 1], frames[i], nullptr});
    }
    auto flow = model.flow(pairs, options);
    EXPECT_TRUE(flow) << flow.error().message;
    return flow ? std::move(flow).value() : std::vector<FlowResult>();
  }

  static double distance(const TensorHandle& a, const TensorHandle& b) {
    const auto* x = static_cast<const float*>(a->host_data());
    const auto* y = static_cast<const float*>(b->host_data());
    const std::size_t count = a->bytes() / sizeof(float);
    double sum = 0;
    for (std::size_t i = 0; i < count; i++) sum += std::abs(x[i] - y[i]);
    return sum / static_cast<double>(count);
  }

  static void expect_equal(const std::vector<FlowResult>& a, const std::vector<FlowResult>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); i++) {
      EXPECT_LE(distance(a[i].forward, b[i].forward), 2e-3) << "pair " << i;
      EXPECT_NEAR(a[i].mean_magnitude_px, b[i].mean_magnitude_px, 1e-2) << "pair " << i;
    }
  }

  static std::vector<Picture> pictures(int count) {
    std::vector<Picture> made;
    for (int i = 0; i < count; i++) made.emplace_back(kWidth, kHeight, 2.0 * i, i);
    return made;
  }

  TempFolder folder_;
  Engine* engine_ = nullptr;
  std::string device_;
};

TEST_P(FlowOnGpu, equals_the_processors) {
  FlowOptions options;
  options.iterations = 4;
  const auto frames = pictures(2);
  expect_equal(run(*load(device_), frames, options), run(*load("cpu"), frames, options));
}

TEST_P(FlowOnGpu, equals_the_processors_with_correlation_on_demand) {
  FlowOptions options;
  options.iterations = 4;
  options.correlation_budget_bytes = 0;
  const auto frames = pictures(2);
  expect_equal(run(*load(device_), frames, options), run(*load("cpu"), frames, options));
}

TEST_P(FlowOnGpu, of_a_batch_equals_that_of_single_pairs) {
  FlowOptions options;
  options.iterations = 4;
  const auto model = load(device_);
  const auto frames = pictures(4);
  std::vector<FlowResult> single;
  for (std::size_t i = 1; i < frames.size(); i++) {
    single.push_back(run(*model, {frames[i - 1], frames[i]}, options).at(0));
  }
  expect_equal(run(*model, frames, options), single);
}

TEST_P(FlowOnGpu, is_the_same_from_lanes_that_work_at_once) {
  FlowOptions options;
  options.iterations = 4;
  const auto model = load(device_);
  const auto frames = pictures(3);
  const auto expected = run(*model, frames, options);
  std::vector<std::vector<FlowResult>> found(4);
  {
    std::vector<std::jthread> lanes;
    for (auto& result : found) {
      lanes.emplace_back([&] {
        engine_->enter_lane(device_, 1);
        result = run(*model, frames, options);
      });
    }
  }
  for (const auto& result : found) expect_equal(result, expected);
}

TEST_P(FlowOnGpu, is_told_in_the_devices_memory) {
  const auto model = load(device_);
  const MemoryReport before = engine_->memory(device_);
  EXPECT_GT(before.current, model->info().parameters * sizeof(float) - 1);
  run(*model, pictures(2), {});
  EXPECT_GT(engine_->memory(device_).peak, before.current);
}

INSTANTIATE_TEST_SUITE_P(Nets, FlowOnGpu, testing::Values("raft_small", "raft_large"));

}  // namespace
}  // namespace gsttorch
