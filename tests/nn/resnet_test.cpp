// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/resnet/resnet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "lib/nn/base/failure.h"
#include "tests/nn/formula.h"
#include "tests/support/paths.h"

namespace gsttorch {
namespace {

constexpr float kTolerance = 1e-4f;  // relative to the largest value

StateDict formula_state() {
  return formula::state_dict(source_file("tests/nn/goldens/resnet18.shapes"));
}

StateDict golden() {
  const auto state = read_weights(source_file("tests/nn/goldens/resnet18.safetensors"));
  EXPECT_TRUE(state);
  return state ? *state : StateDict();
}

at::Tensor two_images() {
  return at::cat({formula::image(224, 224, 0, 0), formula::image(224, 224, 5, 3)});
}

ResNet make_resnet(const StateDict& state, c10::Device device = c10::kCPU) {
  return ResNet(ModuleWeights(state, device));
}

float relative_error(const at::Tensor& got, const at::Tensor& want) {
  EXPECT_EQ(got.sizes(), want.sizes());
  return ((got - want).abs().max() / want.abs().max()).item<float>();
}

// torchvision computed the goldens from the same weights and images.
TEST(ResNet, equals_torchvision_after_every_layer) {
  const c10::InferenceMode guard;
  const ResNet net = make_resnet(formula_state());
  const StateDict want = golden();
  ASSERT_EQ(net.layers(), 4);
  for (int layer = 1; layer <= 4; layer++) {
    const at::Tensor features = net.features(two_images(), layer);
    EXPECT_LE(relative_error(features, want.at("layer" + std::to_string(layer))), kTolerance)
        << "layer" << layer;
  }
}

TEST(ResNet, equals_torchvision_with_the_weights_of_imagenet) {
  const std::string path = shared_data("weights/resnet18-layer3.safetensors");
  SKIP_WITHOUT(path);
  const c10::InferenceMode guard;
  const auto state = read_weights(path);
  ASSERT_TRUE(state) << state.error().message;
  const ResNet net = make_resnet(*state);
  const StateDict want = golden();
  ASSERT_EQ(net.layers(), 3);  // it has no layer4
  for (int layer = 1; layer <= 3; layer++) {
    const at::Tensor features = net.features(two_images(), layer);
    EXPECT_LE(relative_error(features, want.at("real_layer" + std::to_string(layer))), kTolerance)
        << "layer" << layer;
  }
}

TEST(ResNet, a_batch_equals_one_image_at_a_time) {
  const c10::InferenceMode guard;
  const ResNet net = make_resnet(formula_state());
  const at::Tensor both = net.features(two_images(), 4);
  for (int i = 0; i < 2; i++) {
    const at::Tensor one = net.features(two_images().narrow(0, i, 1), 4);
    EXPECT_LE(relative_error(both.narrow(0, i, 1), one), 1e-5f);
  }
}

// A model of other widths and depth, with the same blocks.
TEST(ResNet, takes_widths_and_depth_from_the_weights) {
  const c10::InferenceMode guard;
  const auto path = source_file("models/bundled/resnet18-lite.safetensors");
  const auto state = read_weights(path);
  ASSERT_TRUE(state) << state.error().message;
  const ResNet net = make_resnet(*state);
  EXPECT_EQ(net.stem_channels(), 16);
  EXPECT_EQ(net.channels(4), 128);
  EXPECT_EQ(net.features(two_images(), 4).sizes().vec(), (std::vector<std::int64_t>{2, 128}));
}

TEST(ResNet, runs_on_the_meta_device_without_a_hidden_cpu_tensor) {
  const ResNet net = make_resnet(formula_state(), c10::kMeta);
  const at::Tensor image = at::empty({2, 3, 224, 224}, at::TensorOptions(c10::kMeta));
  for (int layer = 1; layer <= 4; layer++) {
    const at::Tensor features = net.features(image, layer);
    EXPECT_TRUE(features.is_meta());
    EXPECT_EQ(features.sizes().vec(), (std::vector<std::int64_t>{2, net.channels(layer)}));
  }
}

void expect_refused(const StateDict& state, const std::string& words) {
  try {
    make_resnet(state);
    FAIL() << "took the weights";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), ErrorCode::WrongArchitecture);
    EXPECT_THAT(failure.what(), testing::HasSubstr(words));
  }
}

TEST(ResNet, names_the_first_missing_tensor_and_its_shape) {
  StateDict state = formula_state();
  state.erase("layer2.0.downsample.0.weight");
  expect_refused(state, "layer2.0.downsample.0.weight [*, 64, 1, 1]");
}

TEST(ResNet, names_a_tensor_whose_shape_does_not_fit) {
  StateDict state = formula_state();
  state["layer1.1.conv2.weight"] = at::zeros({64, 63, 3, 3});
  expect_refused(state,
                 "layer1.1.conv2.weight is [64, 63, 3, 3], but the model requires [*, 64, 3, 3]");
}

TEST(ResNet, refuses_weights_of_another_model_by_the_key_that_is_missing) {
  expect_refused(formula::state_dict(source_file("tests/nn/goldens/raft_small.shapes")),
                 "no tensor conv1.weight [*, 3, 7, 7]: it may contain another model");
}

// A block of ResNet-50 begins with a 1x1 convolution.
TEST(ResNet, refuses_bottleneck_blocks) {
  StateDict state = formula_state();
  state["layer1.0.conv1.weight"] = at::zeros({64, 64, 1, 1});
  expect_refused(state, "layer1.0.conv1.weight is [64, 64, 1, 1]");
}

}  // namespace
}  // namespace gsttorch
