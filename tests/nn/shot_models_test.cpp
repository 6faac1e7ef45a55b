// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Tests the façades of the models for shot detection: the input is a frame, the output has no torch
// types.
#include <cmath>
#include <fstream>
#include <functional>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/nn/resnet/feature_model.h"
#include "lib/nn/torch_engine.h"
#include "lib/nn/transnet/shot_model.h"
#include "lib/nn/weights/weights.h"
#include "lib/shots/shot_windows.h"
#include "tests/nn/formula.h"
#include "tests/nn/formula_shots.h"
#include "tests/support/fetched_model.h"
#include "tests/support/image.h"
#include "tests/support/paths.h"
#include "tests/support/temp_directory.h"
#include "tests/support/weights_file.h"

namespace gsttorch {
namespace {

using testing::HasSubstr;

std::string bundled_model() { return source_file("models/bundled/resnet18-lite.safetensors"); }

std::unique_ptr<FeatureModel> load_features(const std::string& path) {
  auto model = create_feature_model({path, "cpu"});
  EXPECT_TRUE(model) << model.error().message;
  return model ? std::move(model).value() : nullptr;
}

std::vector<float> features_of(FeatureModel& model, const ImageView& view, int layer = 0) {
  SingleUseImage image(view);
  FrameImage* frames[] = {&image};
  auto features = model.features(frames, {layer});
  EXPECT_TRUE(features) << features.error().message;
  return features ? features->front().values : std::vector<float>();
}

double cosine_distance(const std::vector<float>& a, const std::vector<float>& b) {
  const auto dot = [](const auto& u, const auto& v) {
    return std::inner_product(u.begin(), u.end(), v.begin(), 0.);
  };
  return 1 - dot(a, b) / std::sqrt(dot(a, a) * dot(b, b));
}

TEST(FeatureModel, says_which_model_it_is) {
  const auto model = load_features(bundled_model());
  ASSERT_TRUE(model);
  EXPECT_EQ(model->info().architecture, "resnet18-lite");
  EXPECT_EQ(model->info().device, "cpu");
  EXPECT_EQ(model->info().layers, 4);
  EXPECT_EQ(model->info().parameters, 702096u);
}

TEST(FeatureModel, gives_the_last_layer_unless_another_is_asked_for) {
  const auto model = load_features(bundled_model());
  ASSERT_TRUE(model);
  const Image source(80, 60);
  for (int layer = 1; layer <= 4; layer++) {
    EXPECT_EQ(features_of(*model, source.view, layer).size(), 8u << layer);
  }
  EXPECT_EQ(features_of(*model, source.view), features_of(*model, source.view, 4));
}

TEST(FeatureModel, refuses_a_layer_that_is_not_there) {
  const auto model = load_features(bundled_model());
  ASSERT_TRUE(model);
  const Image source(80, 60);
  SingleUseImage image(source.view);
  FrameImage* frames[] = {&image};
  for (const int layer : {-1, 5}) {
    const auto features = model->features(frames, {layer});
    ASSERT_FALSE(features);
    EXPECT_EQ(features.error().code, ErrorCode::BadArgument);
    EXPECT_THAT(features.error().message, HasSubstr("last layer is layer4"));
  }
}

TEST(FeatureModel, takes_frames_of_all_sizes_in_one_batch) {
  const auto model = load_features(bundled_model());
  ASSERT_TRUE(model);
  const Image large(320, 240), small(16, 16), dot(1, 1);
  SingleUseImage images[] = {SingleUseImage(large.view), SingleUseImage(small.view),
                             SingleUseImage(dot.view)};
  FrameImage* frames[] = {&images[0], &images[1], &images[2]};
  const auto features = model->features(frames, {});
  ASSERT_TRUE(features) << features.error().message;
  ASSERT_EQ(features->size(), 3u);
  for (std::size_t i = 0; i < 3; i++) {
    const auto alone = features_of(*model, i == 0 ? large.view : i == 1 ? small.view : dot.view);
    EXPECT_LT(cosine_distance((*features)[i].values, alone), 1e-5) << i;
  }
}

TEST(FeatureModel, refuses_a_frame_without_pixels) {
  const auto model = load_features(bundled_model());
  ASSERT_TRUE(model);
  SingleUseImage image{ImageView{}};
  FrameImage* frames[] = {&image};
  const auto features = model->features(frames, {});
  ASSERT_FALSE(features);
  EXPECT_EQ(features.error().code, ErrorCode::BadShape);
}

TEST(FeatureModel, converts_a_frame_that_keeps_images_once) {
  const auto model = load_features(bundled_model());
  ASSERT_TRUE(model);
  const Image source(80, 60);
  KeepingFrame frame(source);
  FrameImage* frames[] = {&frame};
  ASSERT_TRUE(model->features(frames, {}));
  ASSERT_TRUE(model->features(frames, {3}));
  EXPECT_EQ(frame.views, 1);
}

// A frame's thumbnail shows the frame itself, however the frame is preprocessed for the model.
TEST(FeatureModel, gives_the_same_thumbnail_as_the_other_model) {
  const auto features = load_features(bundled_model());
  TempDirectory directory;
  formula::write_weights(directory.path("t.safetensors"),
                         source_file("tests/nn/goldens/transnetv2.shapes"));
  const auto shots = create_shot_model({directory.path("t.safetensors"), "cpu"});
  ASSERT_TRUE(features && shots);
  const Image source(320, 240);
  SingleUseImage image(source.view);
  FrameImage* frames[] = {&image};
  const auto found = features->features(frames, {});
  const auto thumbnail = (*shots)->thumbnail(image);
  ASSERT_TRUE(found && thumbnail);
  for (std::size_t i = 0; i < thumbnail->rgb.size(); i++) {
    ASSERT_NEAR(found->front().thumbnail.rgb[i], thumbnail->rgb[i], 2) << i;
  }
}

TEST(ShotModel, gives_the_thumbnail_that_the_area_shows) {
  TempDirectory directory;
  formula::write_weights(directory.path("t.safetensors"),
                         source_file("tests/nn/goldens/transnetv2.shapes"));
  const auto model = create_shot_model({directory.path("t.safetensors"), "cpu"});
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ((*model)->info().architecture, "transnetv2");
  const std::vector<std::uint8_t> pixels{10, 20, 30, 110, 120, 130};  // two pixels of R G B
  ImageView view{PixelFormat::RGB, 1, 2, {}, {}};
  view.planes[0] = {pixels.data(), 3};
  SingleUseImage image(view);
  const auto thumbnail = (*model)->thumbnail(image);
  ASSERT_TRUE(thumbnail);
  EXPECT_EQ(thumbnail->rgb[0], 10);
  EXPECT_EQ(thumbnail->rgb[1], 20);
  EXPECT_EQ(thumbnail->rgb.back(), 130);
}

// Runs a video through windows as the element does, and compares with the output of the original's
// loop over the whole video.
void expect_video_as_golden(const std::string& weights, const std::string& prefix,
                            std::size_t at_once) {
  const auto golden = read_weights(source_file("tests/nn/goldens/transnetv2.safetensors"));
  const auto model = create_shot_model({weights, "cpu"});
  ASSERT_TRUE(golden && model);
  std::vector<ShotProbabilities> all;
  const auto process = [&](const ShotWindows::Batch& batch) {
    const auto found = (*model)->probabilities(batch.frames, batch.windows);
    ASSERT_TRUE(found) << found.error().message;
    for (std::size_t i = 0; i < batch.count; i++) {
      all.push_back(found->at(ShotWindows::Batch::index(i)));
    }
  };
  ShotWindows windows(at_once);
  for (const Thumbnail& frame : formula::shots(130, {37, 88})) {
    if (const auto batch = windows.push(frame)) process(*batch);
  }
  while (const auto batch = windows.finish()) process(*batch);
  ASSERT_EQ(all.size(), 130u);
  const float* single = golden->at(prefix + "video_single").const_data_ptr<float>();
  const float* many = golden->at(prefix + "video_all").const_data_ptr<float>();
  for (std::size_t i = 0; i < all.size(); i++) {
    EXPECT_NEAR(all[i].single, single[i], 1e-4) << i;
    EXPECT_NEAR(all[i].all, many[i], 1e-4) << i;
  }
}

class ShotModelOfVideo : public testing::TestWithParam<std::size_t> {};

TEST_P(ShotModelOfVideo, in_windows_equals_the_original) {
  TempDirectory directory;
  formula::write_weights(directory.path("t.safetensors"),
                         source_file("tests/nn/goldens/transnetv2.shapes"));
  expect_video_as_golden(directory.path("t.safetensors"), "", GetParam());
}

TEST_P(ShotModelOfVideo, in_windows_equals_the_original_with_its_own_weights) {
  const std::string path = fetched_model("transnetv2");
  SKIP_WITHOUT_MODEL(path);
  expect_video_as_golden(path, "real_", GetParam());
}

INSTANTIATE_TEST_SUITE_P(WindowsAtOnce, ShotModelOfVideo, testing::Values(1, 2, 3));

class ShotModelOfWindows : public testing::Test {
 protected:
  void SetUp() override {
    formula::write_weights(directory_.path("t.safetensors"),
                           source_file("tests/nn/goldens/transnetv2.shapes"));
    auto model = create_shot_model({directory_.path("t.safetensors"), "cpu"});
    ASSERT_TRUE(model) << model.error().message;
    model_ = std::move(*model);
  }
  TempDirectory directory_;
  std::unique_ptr<ShotModel> model_;
};

TEST_F(ShotModelOfWindows, gives_for_a_batch_what_it_gives_for_single_windows) {
  const std::vector<Thumbnail> frames = formula::shots(200, {37, 88, 140});
  const auto batch = model_->probabilities(frames, 3);
  ASSERT_TRUE(batch) << batch.error().message;
  ASSERT_EQ(batch->size(), 300u);
  for (std::size_t window = 0; window < 3; window++) {
    const auto single = model_->probabilities(std::span(frames).subspan(50 * window, 100));
    ASSERT_TRUE(single) << single.error().message;
    for (std::size_t i = 0; i < 100; i++) {
      EXPECT_NEAR((*batch)[100 * window + i].single, (*single)[i].single, 1e-5) << window << i;
      EXPECT_NEAR((*batch)[100 * window + i].all, (*single)[i].all, 1e-5) << window << i;
    }
  }
}

TEST_F(ShotModelOfWindows, refuses_frames_that_do_not_fill_them) {
  for (const std::size_t windows : {0, 2}) {
    const auto found = model_->probabilities(std::vector<Thumbnail>(100), windows);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, ErrorCode::BadShape);
    EXPECT_THAT(found.error().message, HasSubstr("100 frames are not"));
  }
}

TEST(ShotNets, name_the_file_and_the_key_when_weights_are_of_another_model) {
  TempDirectory directory;
  const std::string path = directory.path("raft.safetensors");
  formula::write_weights(path, source_file("tests/nn/goldens/raft_small.shapes"));
  const auto features = create_feature_model({path, "cpu"});
  ASSERT_FALSE(features);
  EXPECT_EQ(features.error().code, ErrorCode::WrongArchitecture);
  EXPECT_THAT(features.error().message, HasSubstr(path));
  EXPECT_THAT(features.error().message, HasSubstr("conv1.weight"));
  const auto shots = create_shot_model({path, "cpu"});
  ASSERT_FALSE(shots);
  EXPECT_EQ(shots.error().code, ErrorCode::WrongArchitecture);
  EXPECT_THAT(shots.error().message, HasSubstr("SDDCNN.0.DDCNN.0.Conv3D_1.layers.0.weight"));
}

// --- memory

class ShotNetMemory : public testing::Test {
 protected:
  // Peak memory of `work` beyond what was allocated before.
  std::size_t peak_of(const std::function<void()>& work) {
    engine_.reset_memory_peak("cpu");
    const std::size_t before = engine_.memory("cpu").current;
    work();
    return engine_.memory("cpu").peak - before;
  }
  Engine& engine_ = *torch_engine();
};

TEST_F(ShotNetMemory, of_features_is_what_was_said_and_none_is_left) {
  const MemoryReport before = engine_.memory("cpu");
  {
    const auto model = engine_.load_feature_model({bundled_model(), "cpu"});
    ASSERT_TRUE(model);
    const Image source(320, 240);
    SingleUseImage image(source.view);
    for (const int count : {1, 4}) {
      const std::vector<FrameImage*> frames(count, &image);
      const std::size_t peak = peak_of([&] { ASSERT_TRUE((*model)->features(frames, {})); });
      EXPECT_LE(peak, (*model)->workspace(count)) << count;
      EXPECT_GE(peak * 5 / 4, (*model)->workspace(count)) << count;
    }
  }
  EXPECT_EQ(engine_.memory("cpu").current, before.current);
}

TEST_F(ShotNetMemory, of_a_window_is_what_was_said) {
  TempDirectory directory;
  formula::write_weights(directory.path("t.safetensors"),
                         source_file("tests/nn/goldens/transnetv2.shapes"));
  const auto model = engine_.load_shot_model({directory.path("t.safetensors"), "cpu"});
  ASSERT_TRUE(model);
  for (const std::size_t windows : {1, 2}) {
    const std::vector<Thumbnail> frames(50 * (windows + 1));
    const std::size_t peak =
        peak_of([&] { ASSERT_TRUE((*model)->probabilities(frames, windows)); });
    const std::size_t said = (*model)->workspace(static_cast<int>(100 * windows));
    EXPECT_LE(peak, said) << windows;
    EXPECT_GE(peak * 5 / 4, said) << windows;
  }
}

TEST_F(ShotNetMemory, that_runs_out_anywhere_is_one_error) {
  const auto model = engine_.load_feature_model({bundled_model(), "cpu"});
  ASSERT_TRUE(model);
  const Image source(80, 60);
  SingleUseImage image(source.view);
  FrameImage* frames[] = {&image};
  ASSERT_TRUE((*model)->features(frames, {}));  // creates what is created once per process
  const MemoryReport before = engine_.memory("cpu");
  for (int n = 0;; n++) {
    engine_.fail_allocation_after(n);
    const auto features = (*model)->features(frames, {});
    engine_.fail_allocation_after(-1);
    EXPECT_EQ(engine_.memory("cpu").current, before.current) << "allocation " << n;
    if (features) {
      EXPECT_GT(n, 10);
      break;
    }
    ASSERT_EQ(features.error().code, ErrorCode::OutOfMemory) << features.error().message;
  }
}

}  // namespace
}  // namespace gsttorch
