// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
//
// Models in half precision against the same in fp32, both on the device.
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/nn/device/device_test.h"
#include "tests/support/paths.h"
#include "tests/support/weights_file.h"

namespace gsttorch {
namespace {

class PrecisionOnDevice : public DeviceTest,
                          public testing::WithParamInterface<std::tuple<const char*, Precision>> {
 protected:
  void SetUp() override { use(std::get<0>(GetParam())); }
  static Precision precision() { return std::get<1>(GetParam()); }

  /// load() in the precision of the test; null where the device does not support it. Every CUDA
  /// device supports fp16; the CPU never does, and bf16 only if it has the instructions.
  template <typename Load>
  auto reduced(Load&& load, const std::string& path) {
    auto model = load(ModelOptions{path, device_, precision()});
    if (!model) {
      EXPECT_TRUE(device_ == "cpu" || precision() == Precision::Bf16) << model.error().message;
    }
    return model ? std::move(*model) : nullptr;
  }
  static const Image& first() {
    static const Image image(256, 192);
    return image;
  }
  static const Image& second() {
    static const Image image(256, 192, 3, 2);
    return image;
  }
};

TEST_P(PrecisionOnDevice, of_flow_costs_little) {
  const std::string path = directory_.path("raft.safetensors");
  formula::write_weights(path, source_file("tests/nn/goldens/raft_small.shapes"));
  const auto load = [this](const ModelOptions& options) {
    return engine_->load_flow_model(options);
  };
  const auto flow = [](FlowModel& model) {
    FlowOptions options;
    options.iterations = 4;
    FlowResult result;
    for (int i = 0; i < 3; i++) {  // the last is replayed
      SingleUseImage a(first().view), b(second().view);
      const FlowPair pair = {value_of(model.encode(a, options)), value_of(model.encode(b, options)),
                             nullptr};
      result = value_of(model.flow(std::span(&pair, 1), options)).at(0);
    }
    return result;
  };
  const auto model = reduced(load, path);
  if (!model) GTEST_SKIP() << name_of(precision()) << " is not supported on " << device_;
  EXPECT_EQ(model->info().precision, precision());
  const FlowResult half = flow(*model);
  const FlowResult full = flow(*value_of(load({path, device_})));
  const auto* x = static_cast<const float*>(half.forward->host_data());
  const auto* y = static_cast<const float*>(full.forward->host_data());
  const std::size_t count = full.forward->bytes() / sizeof(float);
  double apart = 0, length = 0;
  for (std::size_t i = 0; i < count; i++) {
    apart += std::abs(x[i] - y[i]);
    length += std::abs(y[i]);
  }
  EXPECT_GT(apart, 0);
  EXPECT_LT(apart, 0.03 * length);
}

TEST_P(PrecisionOnDevice, of_matches_costs_little) {
  const std::string path = source_file("models/bundled/loftr-lite.safetensors");
  const auto load = [this](const ModelOptions& options) {
    return engine_->load_match_model(options);
  };
  const auto match = [](MatchModel& model) {
    const MatchOptions options;
    MatchResult result;
    for (int i = 0; i < 3; i++) {
      SingleUseImage a(first().view), b(second().view);
      const MatchPair pair = {value_of(model.encode(a, options)),
                              value_of(model.encode(b, options))};
      result = value_of(model.match(std::span(&pair, 1), options)).at(0);
    }
    return result.matches;
  };
  const auto model = reduced(load, path);
  if (!model) GTEST_SKIP() << name_of(precision()) << " is not supported on " << device_;
  const std::vector<Match> half = match(*model);
  const std::vector<Match> full = match(*value_of(load({path, device_})));
  ASSERT_GT(full.size(), 20u);
  std::map<std::pair<float, float>, Match> known;
  for (const Match& m : full) known[{m.x0, m.y0}] = m;
  std::size_t same = 0;
  bool differs = half.size() != full.size();
  for (const Match& m : half) {
    const auto found = known.find({m.x0, m.y0});
    if (found == known.end()) continue;
    const Match& other = found->second;
    same += std::hypot(m.x1 - other.x1, m.y1 - other.y1) < 0.5;
    differs |= m.confidence != other.confidence;
  }
  EXPECT_TRUE(differs);
  EXPECT_GE(same, 0.9 * full.size());
  EXPECT_GE(same, 0.9 * half.size());
}

TEST_P(PrecisionOnDevice, of_features_costs_little) {
  const std::string path = source_file("models/bundled/resnet18-lite.safetensors");
  const auto load = [this](const ModelOptions& options) {
    return engine_->load_feature_model(options);
  };
  const auto features = [](FeatureModel& model) {
    std::vector<float> values;
    for (int i = 0; i < 3; i++) {
      SingleUseImage image(first().view);
      FrameImage* frames[] = {&image};
      values = value_of(model.features(frames, {})).at(0).values;
    }
    return values;
  };
  const auto model = reduced(load, path);
  if (!model) GTEST_SKIP() << name_of(precision()) << " is not supported on " << device_;
  const std::vector<float> half = features(*model);
  const std::vector<float> full = features(*value_of(load({path, device_})));
  ASSERT_EQ(half.size(), full.size());
  double apart = 0, length = 0;
  for (std::size_t i = 0; i < full.size(); i++) {
    apart += std::pow(half[i] - full[i], 2);
    length += std::pow(full[i], 2);
  }
  EXPECT_GT(apart, 0);
  EXPECT_LT(std::sqrt(apart), 0.03 * std::sqrt(length));
}

INSTANTIATE_TEST_SUITE_P(Devices, PrecisionOnDevice,
                         testing::Combine(test_devices(),
                                          testing::Values(Precision::Fp16, Precision::Bf16)),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param)) + "_" +
                                  std::string(name_of(std::get<1>(info.param)));
                         });

}  // namespace
}  // namespace gsttorch
