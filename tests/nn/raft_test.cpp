// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/raft/raft.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "lib/nn/base/failure.h"
#include "lib/nn/raft/correlation.h"
#include "lib/nn/raft/upsample.h"
#include "lib/nn/raft/warm_start.h"
#include "tests/nn/formula.h"
#include "tests/support/cpu_lookup.h"
#include "tests/support/paths.h"

namespace gsttorch {
namespace {

constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();

StateDict formula_state(const std::string& name) {
  return formula::state_dict(source_file("tests/nn/goldens/" + name + ".shapes"));
}

Raft make_raft(const StateDict& state, c10::Device device = c10::kCPU) {
  return Raft(ModuleWeights(state, device));
}

at::Tensor mean_distance(const at::Tensor& a, const at::Tensor& b) {
  return at::linalg_vector_norm(a - b, 2, at::IntArrayRef{0}).mean();
}

at::Tensor thin(const at::Tensor& x, std::int64_t step) {
  return x.contiguous().flatten().slice(0, 0, std::nullopt, step);
}

Raft::Pairs pair_of(const Raft::Features& first, const Raft::Features& second) {
  return {first, second.map, {}};
}

at::Tensor flow_after(const Raft& net, const Raft::Pairs& pairs, int iterations,
                      std::size_t budget = kUnlimited) {
  return net.flow(pairs, {iterations, 0, budget, {}}).full;
}

// torchvision computed the goldens from the same weights and images.
class RaftParity : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const auto golden =
        read_weights(source_file("tests/nn/goldens/" + std::string(GetParam()) + ".safetensors"));
    ASSERT_TRUE(golden) << golden.error().message;
    golden_ = *golden;
  }
  const c10::InferenceMode guard_;
  StateDict golden_;
  const Raft net_ = make_raft(formula_state(GetParam()));
  const Raft::Features first_ = net_.encode(formula::image(128, 160, 0, 0));
  const Raft::Features second_ = net_.encode(formula::image(128, 160, 3, 1));
};

TEST_P(RaftParity, encoders_equal_torchvision) {
  const at::Tensor context = at::cat({first_.hidden, first_.context}, 1);
  EXPECT_LT((thin(first_.map, 17) - golden_["features"]).abs().max().item<float>(), 2e-4);
  const at::Tensor raw = golden_["context"];
  // The golden is the encoder's output before tanh and ReLU.
  at::Tensor index = at::arange(0, context.numel(), 17);
  const std::int64_t plane = context.size(2) * context.size(3);
  const at::Tensor is_hidden = index.floor_divide(plane) < first_.hidden.size(1);
  const at::Tensor want = at::where(is_hidden, raw.tanh(), raw.relu());
  EXPECT_LT((thin(context, 17) - want).abs().max().item<float>(), 2e-4);
}

TEST_P(RaftParity, flow_equals_torchvision_within_a_ten_thousandth_of_a_pixel) {
  for (const int iterations : {1, 4, 12}) {
    const at::Tensor flow = flow_after(net_, pair_of(first_, second_), iterations)[0];
    const at::Tensor thinned = flow.slice(1, 0, std::nullopt, 3).slice(2, 0, std::nullopt, 3);
    const at::Tensor golden = golden_["flow_" + std::to_string(iterations)];
    EXPECT_LE(mean_distance(thinned, golden).item<float>(), 1e-4) << iterations << " iterations";
  }
}

TEST_P(RaftParity, on_demand_correlation_gives_the_flow_of_the_volume) {
  const at::Tensor volume = flow_after(net_, pair_of(first_, second_), 6);
  const at::Tensor on_the_fly = flow_after(net_, pair_of(first_, second_), 6, 0);
  EXPECT_LE(mean_distance(volume[0], on_the_fly[0]).item<float>(), 1e-4);
}

TEST_P(RaftParity, a_batch_of_pairs_equals_one_by_one) {
  const auto join = [](const at::Tensor& a, const at::Tensor& b) { return at::cat({a, b}); };
  const Raft::Pairs both = {{join(first_.map, second_.map), join(first_.hidden, second_.hidden),
                             join(first_.context, second_.context)},
                            join(second_.map, first_.map),
                            {}};
  const at::Tensor batch = flow_after(net_, both, 5);
  const at::Tensor there = flow_after(net_, pair_of(first_, second_), 5);
  const at::Tensor back = flow_after(net_, pair_of(second_, first_), 5);
  EXPECT_LE(mean_distance(batch[0], there[0]).item<float>(), 1e-4);
  EXPECT_LE(mean_distance(batch[1], back[0]).item<float>(), 1e-4);
}

TEST_P(RaftParity, fused_iterations_equal_those_convolution_by_convolution) {
  const Raft net = make_raft(formula_state(GetParam()));
  for (const auto& [height, width] : {std::pair{128, 136}, {136, 304}, {264, 152}}) {
    const Raft::Features a = net.encode(formula::image(height, width, 0, 0));
    const Raft::Features b = net.encode(formula::image(height, width, 37, 11));
    const at::Tensor start = formula::noise_tensor(5, {2, 2, height / 8, width / 8}) * 2;
    const Raft::Pairs both = {
        {at::cat({a.map, b.map}), at::cat({a.hidden, b.hidden}), at::cat({a.context, b.context})},
        at::cat({b.map, a.map}),
        start};
    const at::Tensor hidden = both.first.hidden.clone();
    for (const std::size_t budget : {kUnlimited, std::size_t{0}}) {
      Raft::Options options{.iterations = 4, .correlation_budget_bytes = budget};
      const Raft::Flow fused = net.flow(both, options);
      options.fused = false;
      const Raft::Flow plain = net.flow(both, options);
      for (int pair = 0; pair < 2; pair++) {
        EXPECT_LE(mean_distance(fused.full[pair], plain.full[pair]).item<float>(), 1e-4)
            << height << "x" << width << ", pair " << pair;
      }
      EXPECT_FALSE(at::equal(fused.full, plain.full)) << "both are the same function";
      EXPECT_TRUE(at::equal(both.first.hidden, hidden)) << "changed its input";
    }
  }
}

TEST_P(RaftParity, runs_on_the_meta_device_without_a_hidden_cpu_tensor) {
  const Raft net = make_raft(formula_state(GetParam()), c10::kMeta);
  const at::Tensor image = at::empty({1, 3, 136, 168}, at::TensorOptions(c10::kMeta));
  const Raft::Features features = net.encode(image);
  for (const std::size_t budget : {kUnlimited, std::size_t{0}}) {
    const Raft::Flow flow = net.flow(pair_of(features, features), {2, 0, budget, {}});
    EXPECT_TRUE(flow.full.is_meta());
    EXPECT_EQ(flow.full.sizes().vec(), (std::vector<std::int64_t>{1, 2, 136, 168}));
    EXPECT_EQ(flow.coarse.sizes().vec(), (std::vector<std::int64_t>{1, 2, 17, 21}));
  }
  EXPECT_TRUE(project_forward(at::empty({1, 2, 17, 21}, at::TensorOptions(c10::kMeta)),
                              at::empty({1, 2, 17, 21}, at::TensorOptions(c10::kMeta)))
                  .is_meta());
}

INSTANTIATE_TEST_SUITE_P(Sizes, RaftParity, testing::Values("raft_small", "raft_large"),
                         [](const auto& info) { return std::string(info.param); });

TEST(Raft, names_the_first_missing_tensor_and_its_shape) {
  StateDict state = formula_state("raft_small");
  state.erase("update_block.flow_head.conv2.weight");
  try {
    make_raft(state);
    FAIL() << "took weights with a hole";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), ErrorCode::WrongArchitecture);
    EXPECT_THAT(failure.what(),
                testing::HasSubstr("update_block.flow_head.conv2.weight [*, 128, 3, 3]"));
  }
}

TEST(Raft, names_a_tensor_whose_shape_does_not_fit) {
  StateDict state = formula_state("raft_small");
  state["feature_encoder.layer2.0.convnormrelu1.0.weight"] = at::zeros({24, 33, 1, 1});
  try {
    make_raft(state);
    FAIL() << "took weights that do not fit together";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), ErrorCode::WrongArchitecture);
    EXPECT_THAT(failure.what(), testing::HasSubstr("[24, 33, 1, 1]"));
    EXPECT_THAT(failure.what(), testing::HasSubstr("layer2.0.convnormrelu1"));
  }
}

TEST(Raft, stops_when_asked_between_iterations) {
  const c10::InferenceMode guard;
  const Raft net = make_raft(formula_state("raft_small"));
  const Raft::Features features = net.encode(formula::image(128, 128, 0, 0));
  std::stop_source stop;
  stop.request_stop();
  try {
    net.flow(pair_of(features, features), {12, 0, kUnlimited, stop.get_token()});
    FAIL() << "continued";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), ErrorCode::Cancelled);
  }
}

// The first iteration, from the third on, whose mean change is below the threshold, or the last
// one.
int settles_at(const std::vector<double>& changes, double threshold) {
  for (std::size_t i = 2; i < changes.size(); i++) {
    if (changes[i] < threshold) return static_cast<int>(i) + 1;
  }
  return static_cast<int>(changes.size());
}

TEST(Raft, a_converged_pair_keeps_its_result_whatever_the_batch_does_after) {
  const c10::InferenceMode guard;
  const Raft net = make_raft(formula_state("raft_small"));
  const Raft::Features a = net.encode(formula::image(128, 128, 0, 0));
  const Raft::Features b = net.encode(formula::image(128, 128, 37, 11));
  const Raft::Pairs both = {
      {at::cat({a.map, a.map}), at::cat({a.hidden, a.hidden}), at::cat({a.context, a.context})},
      at::cat({a.map, b.map}),
      {}};
  // Mean motion of each pair's flow in each iteration, in pixels.
  std::vector<at::Tensor> coarse{at::zeros({2, 2, 16, 16})};
  std::vector<double> changes[2];
  for (int n = 1; n <= 8; n++) {
    coarse.push_back(net.flow(both, {n, 0, kUnlimited, {}}).coarse);
    for (int pair = 0; pair < 2; pair++) {
      const at::Tensor step = (coarse[n] - coarse[n - 1])[pair];
      changes[pair].push_back(
          8 * at::linalg_vector_norm(step, 2, at::IntArrayRef{0}).mean().item<double>());
    }
  }
  double threshold = 0;  // one that both pairs reach at different iterations
  for (int n = 2; n < 8 && threshold == 0; n++) {
    const double between = (changes[0][n] + changes[1][n]) / 2;
    if (settles_at(changes[0], between) != settles_at(changes[1], between)) threshold = between;
  }
  ASSERT_GT(threshold, 0) << "the two pairs settle alike";
  const Raft::Flow flow = net.flow(both, {8, threshold, kUnlimited, {}});
  for (int pair = 0; pair < 2; pair++) {
    EXPECT_EQ(flow.iterations[pair], settles_at(changes[pair], threshold));
    EXPECT_LT((flow.coarse[pair] - coarse[flow.iterations[pair]][pair]).abs().max().item<float>(),
              1e-4);
  }
}

TEST(Correlation, gathers_what_grid_sample_does_also_outside_and_at_odd_sizes) {
  const c10::InferenceMode guard;
  const at::Tensor f1 = formula::noise_tensor(1, {2, 32, 17, 19});
  const at::Tensor f2 = formula::noise_tensor(2, {2, 32, 17, 19});
  const at::Tensor coords =
      formula::noise_tensor(3, {2, 2, 17, 19}) * 30 + 8;  // many points outside
  for (const auto form : {Correlation::Form::Volume, Correlation::Form::OnTheFly}) {
    for (const int radius : {3, 4}) {
      const Correlation correlation(f1, f2, radius, form);
      const at::Tensor got = correlation.lookup(coords);
      const at::Tensor want = correlation.lookup_plain(coords);
      ASSERT_EQ(got.sizes(), want.sizes());
      EXPECT_LT((got - want).abs().max().item<float>(), 2e-5) << "radius " << radius;
    }
  }
}

// Uses the steps of the GPU kernel, except for the order of cells.
TEST(Correlation, of_the_kernel_is_that_of_the_cpu) {
  const c10::InferenceMode guard;
  const at::Tensor f1 = formula::noise_tensor(1, {2, 24, 17, 19});
  const at::Tensor f2 = formula::noise_tensor(2, {2, 24, 17, 19});
  const at::Tensor coords = formula::noise_tensor(3, {2, 2, 17, 19}) * 30 + 8;
  coords[0][0][0][0] = std::numeric_limits<float>::quiet_NaN();
  const auto rows = [](const at::Tensor& map) {
    return map.permute({0, 2, 3, 1}).flatten(1, 2).contiguous();  // [B, h w, C]
  };
  for (const bool on_the_fly : {false, true}) {
    for (const int radius : {3, 4}) {
      const auto form = on_the_fly ? Correlation::Form::OnTheFly : Correlation::Form::Volume;
      const at::Tensor want = rows(Correlation(f1, f2, radius, form).lookup(coords));
      const at::Tensor first = rows(f1) / std::sqrt(24.);
      std::vector<at::Tensor> levels;
      CorrelationLookup lookup{.points = coords.const_data_ptr<float>(),
                               .first = first.const_data_ptr<float>(),
                               .batch = 2,
                               .pixels = 17 * 19,
                               .depth = 24,
                               .radius = radius,
                               .on_the_fly = on_the_fly};
      at::Tensor pooled = f2;
      for (int level = 0; level < CorrelationLookup::kLevels; level++) {
        if (level > 0) pooled = at::avg_pool2d(pooled, {2, 2}, {2, 2});
        const at::Tensor features = rows(pooled);
        levels.push_back(on_the_fly ? features : at::matmul(first, features.transpose(1, 2)));
        lookup.levels[level] = levels.back().const_data_ptr<float>();
        lookup.heights[level] = static_cast<int>(pooled.size(2));
        lookup.widths[level] = static_cast<int>(pooled.size(3));
      }
      std::vector<float> got = look_up_on_cpu(lookup);
      EXPECT_LE((at::from_blob(got.data(), want.sizes()) - want).abs().max().item<float>(), 1e-5);
    }
  }
}

TEST(Correlation, of_a_coordinate_that_is_no_number_is_zero) {
  const c10::InferenceMode guard;
  const at::Tensor f = formula::noise_tensor(1, {1, 32, 16, 16});
  const Correlation correlation(f, f, 3, Correlation::Form::Volume);
  const at::Tensor coords = at::full({1, 2, 16, 16}, std::nan(""));
  EXPECT_EQ(correlation.lookup(coords).abs().max().item<float>(), 0);
}

TEST(Upsample, convex_weights_of_the_centre_alone_repeat_the_coarse_vector) {
  const c10::InferenceMode guard;
  const at::Tensor flow = formula::noise_tensor(1, {1, 2, 3, 4});
  at::Tensor mask = at::zeros({1, 9, 64, 3, 4});
  mask.select(1, 4).fill_(1000);
  const at::Tensor up = upsample_convex(flow, mask.view({1, 576, 3, 4}));
  const at::Tensor want = at::upsample_nearest2d(flow * 8, {24, 32});
  EXPECT_LT((up - want).abs().max().item<float>(), 1e-5);
}

TEST(WarmStart, carries_each_vector_to_where_its_pixel_goes) {
  const c10::InferenceMode guard;
  at::Tensor flow = at::zeros({1, 2, 8, 8});
  flow.select(1, 0).fill_(2);        // everything moves two cells right
  flow[0][1].select(1, 0).fill_(1);  // and the first column one down
  const at::Tensor next = project_forward(flow, flow);
  EXPECT_EQ(next[0][0][4][5].item<float>(), 2);
  EXPECT_EQ(next[0][1][4][2].item<float>(), 1);  // the first column is at x = 2 now
  EXPECT_EQ(next[0][1][4][3].item<float>(), 0);
  EXPECT_EQ(next[0][0][4][0].item<float>(), 2);  // no vector arrived: filled from its neighbours
}

TEST(WarmStart, averages_vectors_that_meet) {
  const c10::InferenceMode guard;
  at::Tensor flow = at::zeros({1, 2, 1, 4});
  flow[0][0][0][0] = 1;  // lands on cell 1, which does not move
  const at::Tensor next = project_forward(flow, flow);
  EXPECT_FLOAT_EQ(next[0][0][0][1].item<float>(), 0.5);
}

}  // namespace
}  // namespace gsttorch
