// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/raft/flow_model.h"

#include <cmath>
#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/nn/base/device.h"
#include "lib/nn/raft/checkpoint.h"
#include "lib/nn/raft/consistency.h"
#include "tests/support/image.h"
#include "tests/support/paths.h"
#include "tests/support/temp_directory.h"
#include "tests/support/weights_file.h"

namespace gsttorch {
namespace {

const float* data(const TensorHandle& tensor) {
  return static_cast<const float*>(tensor->host_data());
}

double distance(const TensorHandle& a, const TensorHandle& b) {
  double sum = 0;
  const std::size_t count = a->bytes() / sizeof(float);
  for (std::size_t i = 0; i < count; i++) sum += std::abs(data(a)[i] - data(b)[i]);
  return sum / static_cast<double>(count);
}

// Mean of one channel over the middle of the image, which no pixel enters or leaves.
double middle_mean(const TensorHandle& flow, int channel) {
  const auto h = flow->shape()[0], w = flow->shape()[1];
  double sum = 0;
  std::int64_t count = 0;
  for (auto y = h / 4; y < h * 3 / 4; y++) {
    for (auto x = w / 4; x < w * 3 / 4; x++, count++) sum += data(flow)[(y * w + x) * 2 + channel];
  }
  return sum / static_cast<double>(count);
}

class FlowModelTest : public testing::Test {
 protected:
  static std::unique_ptr<FlowModel> load(const std::string& path) {
    auto model = create_flow_model({path, "cpu"});
    EXPECT_TRUE(model) << model.error().message;
    return model ? std::move(model).value() : nullptr;
  }

  Result<std::shared_ptr<const FlowFrame>> encode(const Image& source, const FlowOptions& options) {
    SingleUseImage image(source.view);
    return model_->encode(image, options);
  }

  FlowResult run(const Image& a, const Image& b, const FlowOptions& options,
                 std::shared_ptr<const FlowState> start = nullptr) {
    const auto earlier = encode(a, options), later = encode(b, options);
    EXPECT_TRUE(earlier && later);
    const FlowPair pair{*earlier, *later, std::move(start)};
    auto flow = model_->flow({&pair, 1}, options);
    EXPECT_TRUE(flow) << flow.error().message;
    return flow ? flow->front() : FlowResult();
  }

  TempDirectory directory_;
  std::unique_ptr<FlowModel> model_;
};

class UntrainedFlowModel : public FlowModelTest {
 protected:
  void SetUp() override {
    formula::write_weights(directory_.path("small.safetensors"),
                           source_file("tests/nn/goldens/raft_small.shapes"));
    model_ = load(directory_.path("small.safetensors"));
    ASSERT_TRUE(model_);
    options_.iterations = 3;
  }
  FlowOptions options_;
};

TEST_F(UntrainedFlowModel, says_what_it_is) {
  EXPECT_EQ(model_->info().architecture, "raft-small");
  EXPECT_EQ(model_->info().device, "cpu");
  EXPECT_EQ(model_->info().parameters, 990162u);
}

TEST_F(UntrainedFlowModel, keeps_the_frames_size_however_small_or_odd) {
  for (const auto& [w, h] : {std::pair{16, 16}, {17, 131}, {133, 129}, {1, 1}}) {
    const FlowResult flow = run(Image(w, h), Image(w, h, 1, 1), options_);
    EXPECT_EQ(flow.forward->shape(), (std::vector<std::int64_t>{h, w, 2}));
    EXPECT_TRUE(std::isfinite(flow.mean_magnitude_px)) << w << "x" << h;
    EXPECT_EQ(flow.iterations, 3);
  }
}

TEST_F(UntrainedFlowModel, backward_is_forward_of_the_pair_turned_round) {
  const Image a(144, 136), b(144, 136, 3, 1);
  const FlowResult forward = run(b, a, options_);
  options_.direction = FlowDirection::Backward;
  const FlowResult backward = run(a, b, options_);
  EXPECT_FALSE(backward.forward);
  EXPECT_LT(distance(backward.backward, forward.forward), 1e-4);
}

TEST_F(UntrainedFlowModel, both_is_each_direction_and_a_confidence) {
  const Image a(144, 136), b(144, 136, 3, 1);
  const FlowResult forward = run(a, b, options_), backward = run(b, a, options_);
  options_.direction = FlowDirection::Both;
  const FlowResult both = run(a, b, options_);
  EXPECT_LT(distance(both.forward, forward.forward), 1e-4);
  EXPECT_LT(distance(both.backward, backward.forward), 1e-4);
  ASSERT_EQ(both.confidence->shape(), (std::vector<std::int64_t>{136, 144}));
  for (std::size_t i = 0; i < 136 * 144; i++) {
    ASSERT_GE(data(both.confidence)[i], 0);
    ASSERT_LE(data(both.confidence)[i], 1);
  }
}

// Converts a result [H, W, 2] to [1, 2, H, W].
at::Tensor planes(const TensorHandle& flow) {
  const auto size = flow->shape();
  return at::from_blob(const_cast<float*>(data(flow)), size, at::kFloat)
      .permute({2, 0, 1})
      .unsqueeze(0)
      .contiguous();
}

TEST_F(UntrainedFlowModel, confidence_is_judged_in_pixels_inside_the_model) {
  options_.direction = FlowDirection::Both;
  options_.max_size = 144;
  const FlowResult both = run(Image(432, 288), Image(432, 288, 3, 1), options_);
  const at::Tensor expected =
      flow_consistency(planes(both.forward), planes(both.backward), 3 * 3).squeeze(0);
  const at::Tensor found =
      at::from_blob(const_cast<float*>(data(both.confidence)), {288, 432}, at::kFloat);
  EXPECT_TRUE(at::allclose(found, expected, 1e-4, 1e-4));
}

TEST_F(UntrainedFlowModel, half_precision_is_the_same_flow_in_half_the_bytes) {
  const Image a(128, 128), b(128, 128, 3, 1);
  const FlowResult full = run(a, b, options_);
  options_.output = DataType::Float16;
  const FlowResult half = run(a, b, options_);
  EXPECT_EQ(half.forward->type(), DataType::Float16);
  EXPECT_EQ(half.forward->bytes() * 2, full.forward->bytes());
  EXPECT_NEAR(half.mean_magnitude_px, full.mean_magnitude_px, 1e-4);
}

TEST_F(UntrainedFlowModel, pairs_of_a_batch_equal_pairs_alone) {
  const Image sources[] = {Image(136, 128), Image(136, 128, 2, 0), Image(136, 128, 5, 3)};
  std::vector<std::shared_ptr<const FlowFrame>> frames;
  for (const Image& p : sources) frames.push_back(*encode(p, options_));
  const FlowPair pairs[] = {{frames[0], frames[1], {}}, {frames[1], frames[2], {}}};
  const auto batch = model_->flow(pairs, options_);
  ASSERT_TRUE(batch);
  for (int i = 0; i < 2; i++) {
    const auto alone = model_->flow({&pairs[i], 1}, options_);
    EXPECT_LT(distance((*batch)[i].forward, alone->front().forward), 1e-4);
    EXPECT_NEAR((*batch)[i].mean_magnitude_px, alone->front().mean_magnitude_px, 1e-3);
  }
}

TEST_F(UntrainedFlowModel, warm_start_changes_where_the_search_ends) {
  const Image a(128, 128), b(128, 128, 3, 1);
  const FlowResult cold = run(a, b, options_);
  const FlowResult warm = run(a, b, options_, cold.state);
  EXPECT_GT(distance(cold.forward, warm.forward), 1e-3);
}

TEST_F(UntrainedFlowModel, marks_pairs_with_an_image_without_texture) {
  const Image textured(96, 64);
  Image black(96, 64), noisy(96, 64), faint(96, 64);
  for (std::size_t i = 0; i < black.pixels.size(); i++) {
    black.pixels[i] = 0;
    noisy.pixels[i] = static_cast<std::uint8_t>(16 + i % 2);
    faint.pixels[i] = static_cast<std::uint8_t>(16 + textured.pixels[i] / 16);
  }
  EXPECT_FALSE(run(textured, textured, options_).is_flat);
  EXPECT_FALSE(run(faint, textured, options_).is_flat);
  EXPECT_TRUE(run(black, black, options_).is_flat);
  EXPECT_TRUE(run(textured, black, options_).is_flat);
  EXPECT_TRUE(run(noisy, textured, options_).is_flat);
  options_.max_size = 48;
  EXPECT_FALSE(run(textured, faint, options_).is_flat);
  EXPECT_TRUE(run(black, textured, options_).is_flat);
}

TEST_F(UntrainedFlowModel, refuses_frames_of_different_sizes) {
  const auto a = encode(Image(128, 128), options_);
  const auto b = encode(Image(136, 128), options_);
  const FlowPair pair{*a, *b, {}};
  const auto flow = model_->flow({&pair, 1}, options_);
  ASSERT_FALSE(flow);
  EXPECT_EQ(flow.error().code, ErrorCode::BadShape);
}

TEST_F(UntrainedFlowModel, ends_with_cancelled_when_asked_to_stop) {
  const auto a = encode(Image(128, 128), options_);
  const FlowPair pair{*a, *a, {}};
  std::stop_source stop;
  stop.request_stop();
  const auto flow = model_->flow({&pair, 1}, options_, stop.get_token());
  ASSERT_FALSE(flow);
  EXPECT_EQ(flow.error().code, ErrorCode::Cancelled);
}

class RaftSmall : public FlowModelTest {
 protected:
  void SetUp() override {
    const std::string path = shared_data("weights/raft-small.pth");
    SKIP_WITHOUT(path);
    model_ = load(path);
    ASSERT_TRUE(model_);
  }
};

TEST_F(RaftSmall, finds_a_known_shift_in_pixels_of_the_frame) {
  const FlowResult flow = run(Image(256, 192), Image(256, 192, 4, -2), {});
  EXPECT_NEAR(middle_mean(flow.forward, 0), 4, 0.3);
  EXPECT_NEAR(middle_mean(flow.forward, 1), -2, 0.3);
}

TEST_F(RaftSmall, vectors_stay_in_pixels_of_the_frame_when_the_model_sees_it_smaller) {
  FlowOptions options;
  options.max_size = 160;
  const FlowResult flow = run(Image(256, 192), Image(256, 192, 4, -2), options);
  EXPECT_EQ(flow.forward->shape(), (std::vector<std::int64_t>{192, 256, 2}));
  EXPECT_NEAR(middle_mean(flow.forward, 0), 4, 0.3);
  EXPECT_NEAR(middle_mean(flow.forward, 1), -2, 0.3);
}

TEST_F(RaftSmall, is_confident_where_both_directions_agree_and_not_where_pixels_leave) {
  FlowOptions options;
  options.direction = FlowDirection::Both;
  const FlowResult flow = run(Image(256, 192), Image(256, 192, 12, 0), options);
  EXPECT_GT(data(flow.confidence)[96 * 256 + 128], 0.9);
  EXPECT_EQ(data(flow.confidence)[96 * 256 + 254], 0);  // moves out of the image
}

TEST_F(RaftSmall, stops_early_on_an_easy_pair_and_stays_close) {
  const Image a(256, 192), b(256, 192, 2, 0);
  const FlowResult all = run(a, b, {});
  FlowOptions options;
  options.convergence_px = 0.1;
  const FlowResult early = run(a, b, options);
  EXPECT_EQ(all.iterations, 12);
  EXPECT_LT(early.iterations, 12);
  EXPECT_LT(distance(all.forward, early.forward), 0.2);
}

TEST(FlowModelFile, of_another_model_is_named_with_its_first_missing_tensor) {
  const TempDirectory directory;
  write_text(directory.path("other.shapes"), "conv1.weight 64 3 7 7\n");
  formula::write_weights(directory.path("other.safetensors"), directory.path("other.shapes"));
  const auto model = create_flow_model({directory.path("other.safetensors"), "cpu"});
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::WrongArchitecture);
  EXPECT_THAT(model.error().message, testing::HasSubstr("other.safetensors"));
  EXPECT_THAT(model.error().message,
              testing::HasSubstr("update_block.motion_encoder.convcorr1.0.weight [*, *, 1, 1]"));
}

TEST(Device, that_is_absent_is_an_error_and_never_the_cpu) {
  if (available_devices().size() > 1) GTEST_SKIP() << "there is a CUDA device here";
  for (const char* name : {"cuda", "cuda:0", "cuda:7"}) {
    const auto device = parse_device(name);
    ASSERT_FALSE(device) << name;
    EXPECT_EQ(device.error().code, ErrorCode::DeviceUnavailable);
  }
  EXPECT_EQ(parse_device("auto")->str(), "cpu");
}

TEST(Device, that_makes_no_sense_is_named) {
  for (const char* name : {"", "gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1x"}) {
    const auto device = parse_device(name);
    ASSERT_FALSE(device) << name;
    EXPECT_EQ(device.error().code, ErrorCode::BadArgument) << name;
    EXPECT_THAT(device.error().message, testing::HasSubstr(name));
  }
}

// Princeton's keys and torchvision's side by side, as in real checkpoints.
class CheckpointKeys : public testing::TestWithParam<const char*> {};

TEST_P(CheckpointKeys, are_renamed_to_torchvisions) {
  const std::string table =
      shared_data(std::string("../reference/tables/map_") + GetParam() + ".tsv");
  SKIP_WITHOUT(table);
  std::ifstream file(table);
  StateDict princeton;
  std::set<std::string> wanted;
  for (std::string line; std::getline(file, line);) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string::npos || !line.starts_with("module.")) continue;
    princeton[line.substr(0, tab)] = at::zeros({1});
    wanted.insert(line.substr(tab + 1));
  }
  ASSERT_GT(wanted.size(), 100u);
  std::set<std::string> got;
  for (const auto& [key, tensor] : with_torchvision_raft_keys(princeton)) got.insert(key);
  EXPECT_EQ(got, wanted);
  EXPECT_EQ(with_torchvision_raft_keys(with_torchvision_raft_keys(princeton)).size(), got.size());
}

INSTANTIATE_TEST_SUITE_P(Nets, CheckpointKeys, testing::Values("small", "large"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace gsttorch
