// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors

// Flow that RAFT computes on each device, against what the reference computes.
#include <cmath>
#include <thread>
#include <tuple>

#include "tests/nn/device/device_test.h"
#include "tests/support/paths.h"
#include "tests/support/weights_file.h"

namespace gsttorch {
namespace {

constexpr int kWidth = 192, kHeight = 136;

class FlowOnDevice : public DeviceTest,
                     public testing::WithParamInterface<std::tuple<const char*, const char*>> {
 protected:
  void SetUp() override {
    const auto& [device, model] = GetParam();
    use(device);
    if (IsSkipped()) return;
    formula::write_weights(weights(),
                           source_file(std::string("tests/nn/goldens/") + model + ".shapes"));
  }

  std::string weights() const { return directory_.path("model.safetensors"); }

  std::unique_ptr<FlowModel> load(const std::string& device) {
    auto model = engine_->load_flow_model({weights(), device});
    EXPECT_TRUE(model) << model.error().message;
    return model ? std::move(model).value() : nullptr;
  }

  static std::vector<FlowResult> run(FlowModel& model, const std::vector<Image>& sources,
                                     const FlowOptions& options) {
    std::vector<std::shared_ptr<const FlowFrame>> frames;
    for (const Image& source : sources) {
      SingleUseImage image(source.view);
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

  /// Each pair starts from the flow of the pair before it.
  static std::vector<FlowResult> run_warm(FlowModel& model, const std::vector<Image>& sources,
                                          const FlowOptions& options) {
    std::vector<FlowResult> found;
    std::shared_ptr<const FlowFrame> earlier;
    for (const Image& source : sources) {
      SingleUseImage image(source.view);
      auto frame = value_of(model.encode(image, options));
      if (earlier) {
        const FlowPair pair{earlier, frame, found.empty() ? nullptr : found.back().state};
        auto flow = value_of(model.flow({&pair, 1}, options));
        EXPECT_EQ(flow.size(), 1U);
        if (flow.size() != 1) return {};
        found.push_back(std::move(flow[0]));
      }
      earlier = std::move(frame);
    }
    return found;
  }

  std::vector<FlowResult> reference(const std::vector<Image>& sources, const FlowOptions& options) {
    const auto model = load("cpu");
    return by_reference([&] { return run(*model, sources, options); });
  }

  static double distance(const TensorHandle& a, const TensorHandle& b) {
    const auto* x = static_cast<const float*>(a->host_data());
    const auto* y = static_cast<const float*>(b->host_data());
    const std::size_t count = a->bytes() / sizeof(float);
    double sum = 0;
    for (std::size_t i = 0; i < count; i++) sum += std::abs(x[i] - y[i]);
    return sum / static_cast<double>(count);
  }

  /// To 0.005 px on average: on a GPU convolutions are in TF32, as LibTorch has them.
  static void expect_equal(const std::vector<FlowResult>& a, const std::vector<FlowResult>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); i++) {
      EXPECT_LE(distance(a[i].forward, b[i].forward), 5e-3) << "pair " << i;
      EXPECT_NEAR(a[i].mean_magnitude_px, b[i].mean_magnitude_px, 1e-2) << "pair " << i;
    }
  }

  static std::vector<Image> sources(int count, double from = 0) {
    std::vector<Image> made;
    for (int i = 0; i < count; i++) made.emplace_back(kWidth, kHeight, from + 2.0 * i, i);
    return made;
  }
};

TEST_P(FlowOnDevice, equals_the_reference) {
  FlowOptions options;
  options.iterations = 4;
  const auto frames = sources(2);
  expect_equal(run(*load(device_), frames, options), reference(frames, options));
}

TEST_P(FlowOnDevice, equals_the_references_with_correlation_on_the_fly) {
  FlowOptions options;
  options.iterations = 4;
  options.correlation_budget_bytes = 0;
  const auto frames = sources(2);
  expect_equal(run(*load(device_), frames, options), reference(frames, options));
}

// On a GPU a second pair replays what the first one recorded.
TEST_P(FlowOnDevice, of_later_images_equals_the_references) {
  FlowOptions options;
  options.iterations = 4;
  const auto model = load(device_), reference = load("cpu");
  for (const double from : {0., 17., 5., 40.}) {
    const auto frames = sources(2, from);
    expect_equal(run(*model, frames, options),
                 by_reference([&] { return run(*reference, frames, options); }));
  }
}

TEST_P(FlowOnDevice, that_ends_when_it_converges_equals_the_references) {
  FlowOptions options;
  options.iterations = 8;
  options.convergence_px = 3;
  const auto frames = sources(2);
  const auto found = run(*load(device_), frames, options);
  const auto expected = reference(frames, options);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].iterations, expected[0].iterations);
  expect_equal(found, expected);
}

TEST_P(FlowOnDevice, with_both_directions_and_a_warm_start_equals_the_references) {
  FlowOptions options;
  options.iterations = 4;
  options.direction = FlowDirection::Both;
  const auto model = load(device_), reference = load("cpu");
  expect_equal(run_warm(*model, sources(4), options),
               by_reference([&] { return run_warm(*reference, sources(4), options); }));
}

TEST_P(FlowOnDevice, of_a_batch_equals_that_of_single_pairs) {
  FlowOptions options;
  options.iterations = 4;
  const auto model = load(device_);
  const auto frames = sources(4);
  std::vector<FlowResult> single;
  for (std::size_t i = 1; i < frames.size(); i++) {
    single.push_back(run(*model, {frames[i - 1], frames[i]}, options).at(0));
  }
  expect_equal(run(*model, frames, options), single);
}

TEST_P(FlowOnDevice, is_the_same_from_workers_that_compute_at_once) {
  FlowOptions options;
  options.iterations = 4;
  const auto model = load(device_);
  const auto frames = sources(3);
  const auto expected = run(*model, frames, options);
  std::vector<std::vector<FlowResult>> found(4);
  {
    std::vector<std::jthread> workers;
    for (auto& result : found) {
      workers.emplace_back([&] {
        engine_->enter_worker(device_, 1);
        result = run(*model, frames, options);
      });
    }
  }
  for (const auto& result : found) expect_equal(result, expected);
}

TEST_P(FlowOnDevice, is_counted_in_the_devices_memory) {
  const auto model = load(device_);
  const MemoryReport before = engine_->memory(device_);
  EXPECT_GT(before.current, model->info().parameters * sizeof(float) - 1);
  run(*model, sources(2), {});
  EXPECT_GT(engine_->memory(device_).peak, before.current);
}

INSTANTIATE_TEST_SUITE_P(Devices, FlowOnDevice,
                         testing::Combine(test_devices(),
                                          testing::Values("raft_small", "raft_large")),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param)) + "_" +
                                  std::get<1>(info.param);
                         });

}  // namespace
}  // namespace gsttorch
