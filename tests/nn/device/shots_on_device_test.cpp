// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors

// The models of shot detection on each device, against the reference.
#include <cmath>

#include "tests/nn/device/device_test.h"
#include "tests/support/paths.h"
#include "tests/support/weights_file.h"

namespace gsttorch {
namespace {

constexpr int kWidth = 160, kHeight = 120;

class ShotsOnDevice : public DeviceTest, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override { use(GetParam()); }

  std::string weights(const std::string& model) {
    const std::string path = directory_.path(model + ".safetensors");
    formula::write_weights(path, source_file("tests/nn/goldens/" + model + ".shapes"));
    return path;
  }

  static std::vector<Image> sources(int count, double from = 0) {
    std::vector<Image> made;
    for (int i = 0; i < count; i++) made.emplace_back(kWidth, kHeight, from + 3.0 * i, 2.0 * i);
    return made;
  }

  static std::vector<FrameFeatures> features(FeatureModel& model,
                                             const std::vector<Image>& sources) {
    std::vector<std::unique_ptr<SingleUseImage>> images;
    std::vector<FrameImage*> frames;
    for (const Image& source : sources) {
      frames.push_back(images.emplace_back(std::make_unique<SingleUseImage>(source.view)).get());
    }
    return value_of(model.features(frames, {}));
  }

  /// Features to 0.2 % of their length, pixels of the thumbnails to a step.
  static void expect_equal(const std::vector<FrameFeatures>& a,
                           const std::vector<FrameFeatures>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); i++) {
      ASSERT_EQ(a[i].values.size(), b[i].values.size());
      double length = 0, apart = 0;
      for (std::size_t c = 0; c < a[i].values.size(); c++) {
        length += std::pow(b[i].values[c], 2);
        apart += std::pow(a[i].values[c] - b[i].values[c], 2);
      }
      EXPECT_GT(length, 0);
      EXPECT_LE(std::sqrt(apart), 2e-3 * std::sqrt(length));
      for (std::size_t p = 0; p < a[i].thumbnail.rgb.size(); p++) {
        ASSERT_NEAR(a[i].thumbnail.rgb[p], b[i].thumbnail.rgb[p], 1) << "byte " << p;
      }
    }
  }
};

TEST_P(ShotsOnDevice, resnets_features_equal_the_references) {
  const std::string path = weights("resnet18");
  const auto model = value_of(engine_->load_feature_model({path, device_}));
  const auto reference = value_of(engine_->load_feature_model({path, "cpu"}));
  for (const double from : {0., 17., 5., 40.}) {  // a GPU replays what the first recorded
    const auto frames = sources(1, from);
    expect_equal(features(*model, frames),
                 by_reference([&] { return features(*reference, frames); }));
  }
}

TEST_P(ShotsOnDevice, resnets_features_of_a_batch_equal_those_of_single_frames) {
  const auto model = value_of(engine_->load_feature_model({weights("resnet18"), device_}));
  std::vector<FrameFeatures> single;
  for (const Image& source : sources(5)) single.push_back(features(*model, {source}).at(0));
  expect_equal(features(*model, sources(5)), single);
}

TEST_P(ShotsOnDevice, transnets_probabilities_equal_the_references) {
  const std::string path = weights("transnetv2");
  const auto model = value_of(engine_->load_shot_model({path, device_}));
  const auto reference = value_of(engine_->load_shot_model({path, "cpu"}));
  for (const double from : {0., 17., 5.}) {
    std::vector<Thumbnail> window;
    for (const Image& source : sources(30, from)) {
      SingleUseImage image(source.view), again(source.view);
      window.push_back(value_of(reference->thumbnail(image)));
      const Thumbnail thumbnail = value_of(model->thumbnail(again));
      for (std::size_t p = 0; p < thumbnail.rgb.size(); p++) {
        ASSERT_NEAR(thumbnail.rgb[p], window.back().rgb[p], 1) << "byte " << p;
      }
    }
    const auto found = value_of(model->probabilities(window));
    const auto expected = by_reference([&] { return value_of(reference->probabilities(window)); });
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); i++) {
      EXPECT_NEAR(found[i].single, expected[i].single, 2e-3) << "frame " << i;
      EXPECT_NEAR(found[i].all, expected[i].all, 2e-3) << "frame " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Devices, ShotsOnDevice, test_devices(),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace gsttorch
