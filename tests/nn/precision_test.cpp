// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
//
// Compares models whose convolutions compute in bfloat16 with the same models in float32.
#include "lib/nn/base/precision.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "lib/nn/loftr/loftr.h"
#include "lib/nn/loftr/windows.h"
#include "lib/nn/ops/conv.h"
#include "lib/nn/ops/norm.h"
#include "lib/nn/raft/raft.h"
#include "lib/nn/resnet/resnet.h"
#include "lib/nn/transnet/transnet.h"
#include "tests/nn/formula.h"
#include "tests/support/bf16.h"
#include "tests/support/paths.h"

namespace gsttorch {
namespace {

using testing::HasSubstr;

constexpr double kStep = 1. / 256;  // between neighbouring bfloat16 values around 1
constexpr auto kPixelMajor = at::MemoryFormat::ChannelsLast;

double largest(const at::Tensor& x) { return x.abs().max().item<double>(); }
double distance(const at::Tensor& a, const at::Tensor& b) {
  return largest(a.to(at::kFloat) - b.to(at::kFloat));
}
at::Tensor rounded(const at::Tensor& x) { return x.to(at::kBFloat16).to(at::kFloat); }

TEST(Precision, is_given_where_the_device_has_it) {
  const DeviceAbilities plain_cpu{false, false, "cpu"}, cpu{false, true, "cpu"};
  const DeviceAbilities turing{true, false, "cuda:0"}, ampere{true, true, "cuda:0"};
  for (const auto& device : {plain_cpu, cpu, turing, ampere}) {
    for (const Precision precision : {Precision::Auto, Precision::Fp32}) {
      const auto type = compute_type(precision, device);
      ASSERT_TRUE(type);
      EXPECT_EQ(*type, at::kFloat);
    }
  }
  for (const auto& device : {cpu, ampere}) {
    const auto type = compute_type(Precision::Bf16, device);
    ASSERT_TRUE(type);
    EXPECT_EQ(*type, at::kBFloat16);
  }
  for (const auto& device : {turing, ampere}) {
    const auto type = compute_type(Precision::Fp16, device);
    ASSERT_TRUE(type);
    EXPECT_EQ(*type, at::kHalf);
  }
}

TEST(Precision, that_the_device_has_not_is_an_error_that_says_what_there_is) {
  const auto message = [](Precision precision, const DeviceAbilities& device) {
    const auto type = compute_type(precision, device);
    EXPECT_FALSE(type);
    EXPECT_EQ(type.error().code, ErrorCode::BadArgument);
    return type.error().message;
  };
  EXPECT_THAT(message(Precision::Fp16, {false, true, "cpu"}), HasSubstr("use bf16 or fp32"));
  EXPECT_THAT(message(Precision::Fp16, {false, false, "cpu"}), HasSubstr("use fp32"));
  EXPECT_THAT(message(Precision::Bf16, {false, false, "cpu"}), HasSubstr("AVX512_BF16"));
  EXPECT_THAT(message(Precision::Bf16, {true, false, "cuda:0 (T4)"}),
              testing::AllOf(HasSubstr("cuda:0 (T4)"), HasSubstr("use fp16 or fp32")));
}

TEST(Precision, reduced_is_the_fastest_of_the_device_and_never_an_error) {
  const auto reduced = [](const DeviceAbilities& device) {
    const auto type = compute_type(Precision::Reduced, device);
    EXPECT_TRUE(type);
    return *type;
  };
  EXPECT_EQ(reduced({false, false, "cpu"}), at::kFloat);
  EXPECT_EQ(reduced({false, true, "cpu"}), at::kFloat);
  EXPECT_EQ(reduced({true, false, "cuda:0"}), at::kHalf);
  EXPECT_EQ(reduced({true, true, "cuda:0"}), at::kBFloat16);
}

TEST(Precision, has_names) {
  for (const auto name : kPrecisionNames) EXPECT_EQ(name_of(*parse_precision(name)), name);
  EXPECT_FALSE(parse_precision("fp64"));
}

class Bf16 : public testing::Test {
 protected:
  void SetUp() override { SKIP_WITHOUT_BF16(); }

  static ModuleWeights weights(const StateDict& state) {
    return ModuleWeights(state, ComputeTarget(c10::kCPU, at::kBFloat16));
  }
  const c10::InferenceMode guard_;
};

class Bf16Conv : public Bf16, public testing::WithParamInterface<std::int64_t> {};

TEST_P(Bf16Conv, rounds_what_goes_in_and_what_comes_out) {
  const std::int64_t out = GetParam();
  const at::Tensor weight = formula::noise_tensor(1, {out, 24, 3, 3}) / std::sqrt(24. * 9);
  const at::Tensor bias = formula::noise_tensor(2, {out}),
                   x = formula::noise_tensor(3, {2, 24, 21, 18});
  const at::Tensor other = formula::noise_tensor(4, {2, out, 21, 18});
  const ConvGeometry same{{1, 1}, {1, 1}};
  for (const Activation activation : {Activation::None, Activation::Relu, Activation::LeakyRelu}) {
    const Conv conv(weight, bias, same, activation, at::kBFloat16);
    const Conv exact(rounded(weight), rounded(bias), same, activation);
    const at::Tensor y = conv(x), want = exact(rounded(x));
    EXPECT_EQ(y.scalar_type(), at::kBFloat16);
    EXPECT_TRUE(y.is_contiguous(kPixelMajor));
    EXPECT_LT(distance(y, want), kStep * largest(want));
    EXPECT_GT(distance(y, exact(x)), 0);
    EXPECT_LT(distance(conv.plain(x), want), 2 * kStep * largest(want));
    if (activation == Activation::LeakyRelu) continue;  // never used after a sum
    const at::Tensor sum = exact.plus(rounded(x), rounded(other));
    EXPECT_LT(distance(conv.plus(x, other), sum), 2 * kStep * largest(sum));
    at::Tensor into = other.to(at::kBFloat16).contiguous(kPixelMajor);
    EXPECT_LT(distance(conv.plus_(x, into), sum), 2 * kStep * largest(sum));
  }
}

// 192 channels are computed in two halves.
INSTANTIATE_TEST_SUITE_P(Channels, Bf16Conv, testing::Values(48, 192));

TEST_F(Bf16, norm_and_sum_round_once) {
  const at::Tensor x = (formula::noise_tensor(1, {2, 24, 37, 41}) * 3 + 5).contiguous(kPixelMajor);
  at::Tensor exact = rounded(x).contiguous(kPixelMajor), brief = exact.to(at::kBFloat16);
  instance_norm_(exact, true);
  instance_norm_(brief, true);
  EXPECT_EQ(brief.scalar_type(), at::kBFloat16);
  EXPECT_LE(distance(brief, rounded(exact)), kStep * largest(exact));
  const at::Tensor y = rounded(formula::noise_tensor(2, x.sizes())).contiguous(kPixelMajor);
  at::Tensor sum = brief.clone();
  add_relu_(sum, y.to(at::kBFloat16));
  EXPECT_EQ(distance(sum, rounded((brief.to(at::kFloat) + y).relu())), 0);
}

TEST_F(Bf16, windows_of_a_map_are_those_of_its_numbers) {
  const at::Tensor map = rounded(formula::noise_tensor(1, {1, 40, 12, 15})).contiguous(kPixelMajor);
  const at::Tensor brief = map.to(at::kBFloat16);
  const std::vector<std::int64_t> rows{0, 5, 11}, columns{14, 7, 0};
  EXPECT_EQ(
      distance(gather_windows(brief, rows, columns, 5), gather_windows(map, rows, columns, 5)), 0);
  EXPECT_EQ(distance(upsample_rows(brief, 3, 20), rounded(upsample_rows(map, 3, 20))), 0);
  const std::vector<std::int64_t> inside_rows{6, 17}, inside_columns{9, 20};
  EXPECT_EQ(distance(upsample_windows(brief, inside_rows, inside_columns, 9),
                     rounded(upsample_windows(map, inside_rows, inside_columns, 9))),
            0);
}

TEST_F(Bf16, resnet_computes_nearly_the_same_features) {
  const StateDict state = *read_weights(source_file("models/bundled/resnet18-lite.safetensors"));
  const at::Tensor image = formula::noise_tensor(1, {1, 3, 96, 96});
  const at::Tensor exact = ResNet(ModuleWeights(state, c10::kCPU)).features(image, 4);
  const at::Tensor brief = ResNet(weights(state)).features(image, 4);
  EXPECT_EQ(brief.scalar_type(), at::kFloat);
  EXPECT_GT(distance(brief, exact), 0);
  EXPECT_GT(at::cosine_similarity(brief, exact, 1).item<double>(), 0.999);
}

TEST_F(Bf16, transnet_computes_nearly_the_same_probabilities) {
  const StateDict state = formula::state_dict(source_file("tests/nn/goldens/transnetv2.shapes"));
  const at::Tensor frames =
      (formula::noise_tensor(2, {1, 20, 27, 48, 3}) * 127 + 128).to(at::kByte);
  const TransNet::Logits exact = TransNet(ModuleWeights(state, c10::kCPU))(frames);
  const TransNet::Logits brief = TransNet(weights(state))(frames);
  EXPECT_EQ(brief.single.scalar_type(), at::kFloat);
  EXPECT_GT(distance(brief.single, exact.single), 0);
  EXPECT_LT(distance(brief.single.sigmoid(), exact.single.sigmoid()), 0.02);
  EXPECT_LT(distance(brief.all.sigmoid(), exact.all.sigmoid()), 0.02);
}

TEST_F(Bf16, raft_finds_nearly_the_same_flow) {
  const StateDict state = formula::state_dict(source_file("tests/nn/goldens/raft_small.shapes"));
  const auto flow = [](const Raft& net) {
    const Raft::Features first = net.encode(formula::image(128, 160, 0, 0));
    const Raft::Features second = net.encode(formula::image(128, 160, 3, 1));
    return net.flow({first, second.map, {}}, {3, 0, std::size_t{1} << 28, {}}).full;
  };
  const at::Tensor exact = flow(Raft(ModuleWeights(state, c10::kCPU)));
  const at::Tensor brief = flow(Raft(weights(state)));
  EXPECT_EQ(brief.scalar_type(), at::kFloat);
  EXPECT_GT(distance(brief, exact), 0);
  EXPECT_LT((brief - exact).abs().mean().item<double>(), 0.02 * exact.abs().mean().item<double>());
}

// Compares cell, second point and confidence, as callers of the C++ engine get them.
TEST_F(Bf16, loftr_finds_nearly_the_same_matches) {
  const std::string path = source_file("models/bundled/loftr-lite.safetensors");
  const StateDict state = *read_weights(path);
  const LoftrConfig config = loftr_config(state, *read_weights_metadata(path));
  const auto grey = [](int dx, int dy) {
    return (formula::image(192, 256, dx, dy).narrow(1, 0, 1) + 1) / 2;
  };
  const auto match = [&](const Loftr& net) {
    const auto first = net.encode(grey(0, 0)), second = net.encode(grey(8, 8));
    const Loftr::ImagePair pair = {first.get(), second.get()};
    return net.match(std::span(&pair, 1), {}).front();
  };
  const Loftr exact_net(ModuleWeights(state, c10::kCPU), config);
  const Loftr brief_net(weights(state), config);
  const Loftr::Matches exact = match(exact_net), brief = match(brief_net);
  ASSERT_GT(exact.coarse.size(), 100u);
  std::map<std::int64_t, std::size_t> by_cell;
  for (std::size_t i = 0; i < exact.coarse.size(); i++) by_cell[exact.coarse[i].first] = i;
  std::size_t same = 0;
  std::vector<float> apart;
  for (std::size_t i = 0; i < brief.coarse.size(); i++) {
    const auto found = by_cell.find(brief.coarse[i].first);
    if (found == by_cell.end()) continue;
    if (exact.coarse[found->second].second != brief.coarse[i].second) continue;
    same++;
    apart.push_back((exact.offsets[static_cast<std::int64_t>(found->second)] -
                     brief.offsets[static_cast<std::int64_t>(i)])
                        .norm()
                        .item<float>());
  }
  EXPECT_GT(same, exact.coarse.size() * 95 / 100);
  EXPECT_GT(same, brief.coarse.size() * 95 / 100);
  std::nth_element(apart.begin(), apart.begin() + apart.size() / 2, apart.end());
  EXPECT_GT(apart[apart.size() / 2], 0);
  EXPECT_LT(apart[apart.size() / 2], 0.1);
  const Loftr::ImageSize size = {192, 256};
  EXPECT_LT(brief_net.bytes(size, 1, 128).encoded, exact_net.bytes(size, 1, 128).encoded * 2 / 3);
}

}  // namespace
}  // namespace gsttorch
