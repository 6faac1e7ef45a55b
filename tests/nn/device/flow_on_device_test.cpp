// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors

// Flow that RAFT computes on a GPU, against what it computes on the CPU.
#include <cmath>
#include <thread>

#include "tests/gpu/gpu_test.h"
#include "tests/support/paths.h"
#include "tests/support/weights_file.h"

namespace gsttorch {
namespace {

constexpr int kWidth = 192, kHeight = 136;

class FlowOnGpu : public GpuTest, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    GpuTest::SetUp();
    formula::write_weights(weights(),
                           source_file(std::string("tests/nn/goldens/") + GetParam() + ".shapes"));
  }

  std::string weights() const { return directory_.path("net.safetensors"); }

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

  static double distance(const TensorHandle& a, const TensorHandle& b) {
    const auto* x = static_cast<const float*>(a->host_data());
    const auto* y = static_cast<const float*>(b->host_data());
    const std::size_t count = a->bytes() / sizeof(float);
    double sum = 0;
    for (std::size_t i = 0; i < count; i++) sum += std::abs(x[i] - y[i]);
    return sum / static_cast<double>(count);
  }

  /// To 0.005 px on average: convolutions are in TF32 there, as LibTorch has them.
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

TEST_P(FlowOnGpu, equals_the_cpu) {
  FlowOptions options;
  options.iterations = 4;
  const auto frames = sources(2);
  expect_equal(run(*load(device_), frames, options), run(*load("cpu"), frames, options));
}

TEST_P(FlowOnGpu, equals_the_cpus_with_correlation_on_demand) {
  FlowOptions options;
  options.iterations = 4;
  options.correlation_budget_bytes = 0;
  const auto frames = sources(2);
  expect_equal(run(*load(device_), frames, options), run(*load("cpu"), frames, options));
}

// What is asked again is replayed, with what was recorded at reference images.
TEST_P(FlowOnGpu, of_later_images_equals_the_cpus) {
  FlowOptions options;
  options.iterations = 4;
  const auto gpu = load(device_), cpu = load("cpu");
  for (const double from : {0., 17., 5., 40.}) {
    const auto frames = sources(2, from);
    expect_equal(run(*gpu, frames, options), run(*cpu, frames, options));
  }
}

TEST_P(FlowOnGpu, that_ends_when_it_converges_equals_the_cpus) {
  FlowOptions options;
  options.iterations = 8;
  options.convergence_px = 3;
  const auto frames = sources(2);
  const auto found = run(*load(device_), frames, options);
  const auto expected = run(*load("cpu"), frames, options);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].iterations, expected[0].iterations);
  expect_equal(found, expected);
}

TEST_P(FlowOnGpu, with_both_directions_and_a_warm_start_equals_the_cpus) {
  FlowOptions options;
  options.iterations = 4;
  options.direction = FlowDirection::Both;
  std::vector<FlowResult> found[2];
  for (const bool on_gpu : {false, true}) {
    const auto model = load(on_gpu ? device_ : "cpu");
    std::vector<std::shared_ptr<const FlowFrame>> frames;
    for (const Image& source : sources(4)) {
      SingleUseImage image(source.view);
      frames.push_back(value_of(model->encode(image, options)));
    }
    std::shared_ptr<const FlowState> last;
    for (std::size_t i = 1; i < frames.size(); i++) {
      const FlowPair pair{frames[i - 1], frames[i], last};
      auto flow = value_of(model->flow({&pair, 1}, options));
      ASSERT_EQ(flow.size(), 1U);
      last = flow[0].state;
      found[on_gpu].push_back(std::move(flow[0]));
    }
  }
  expect_equal(found[1], found[0]);
}

TEST_P(FlowOnGpu, of_a_batch_equals_that_of_single_pairs) {
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

TEST_P(FlowOnGpu, is_the_same_from_lanes_that_work_at_once) {
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

TEST_P(FlowOnGpu, is_told_in_the_devices_memory) {
  const auto model = load(device_);
  const MemoryReport before = engine_->memory(device_);
  EXPECT_GT(before.current, model->info().parameters * sizeof(float) - 1);
  run(*model, sources(2), {});
  EXPECT_GT(engine_->memory(device_).peak, before.current);
}

INSTANTIATE_TEST_SUITE_P(Nets, FlowOnGpu, testing::Values("raft_small", "raft_large"));

}  // namespace
}  // namespace gsttorch
