// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// A model that receives a stop request computes nothing beyond the current step.
#include <functional>
#include <vector>

#include <gtest/gtest.h>

#include "lib/nn/base/failure.h"
#include "lib/nn/base/stop_scope.h"
#include "lib/nn/loftr/match_model.h"
#include "lib/nn/raft/flow_model.h"
#include "lib/nn/resnet/feature_model.h"
#include "lib/nn/transnet/shot_model.h"
#include "lib/shots/shot_windows.h"
#include "tests/support/image.h"
#include "tests/support/loftr_model.h"
#include "tests/support/paths.h"
#include "tests/support/small_model.h"

namespace gsttorch {
namespace {

class Hook {
 public:
  explicit Hook(std::function<void()> hook) { on_stop_check(std::move(hook)); }
  ~Hook() { on_stop_check({}); }
};

// `call` takes a stop token, has at least `least_steps` steps, and must end at any step on a
// request.
template <typename Call>
void expect_to_end_at_each_step(int least_steps, Call&& call) {
  int steps = 0;
  {
    const Hook count([&] { steps++; });
    ASSERT_TRUE(call(std::stop_token()));
  }
  EXPECT_GE(steps, least_steps);
  for (int at = 1; at <= steps; at++) {
    std::stop_source stop;
    int looked = 0;
    const Hook end([&] {
      if (++looked == at) stop.request_stop();
    });
    const auto done = call(stop.get_token());
    ASSERT_FALSE(done) << at;
    EXPECT_EQ(done.error().code, ErrorCode::Cancelled);
    EXPECT_EQ(looked, at) << "steps that still ran";
  }
}

template <typename Model>
std::unique_ptr<Model> value_of(Result<std::unique_ptr<Model>> model) {
  if (!model) throw std::runtime_error(model.error().message);
  return std::move(model).value();
}

TEST(Stop, ends_a_thread_in_the_innermost_scope_only) {
  std::stop_source stop;
  stop.request_stop();
  end_if_stopped();
  const StopScope outer(stop.get_token());
  EXPECT_THROW(end_if_stopped(), Failure);
  {
    const StopScope inner(std::stop_token{});
    end_if_stopped();
  }
  EXPECT_THROW(end_if_stopped(), Failure);
}

TEST(Stop, ends_raft_at_a_block_or_an_iteration) {
  const auto model = value_of(create_flow_model({small_flow_model(), "cpu"}));
  const Image a(136, 128), b(136, 128, 2);
  FlowOptions options;
  options.iterations = 5;
  options.direction = FlowDirection::Both;
  const auto encode = [&](const Image& source, std::stop_token stop) {
    SingleUseImage image(source.view);
    return model->encode(image, options, std::move(stop));
  };
  expect_to_end_at_each_step(2 * 7, [&](std::stop_token stop) { return encode(a, stop); });
  const FlowPair pair{*encode(a, {}), *encode(b, {}), nullptr};
  for (const double convergence : {0., 0.001}) {
    options.convergence_px = convergence;
    expect_to_end_at_each_step(options.iterations + 2, [&](std::stop_token stop) {
      return model->flow({&pair, 1}, options, std::move(stop));
    });
  }
}

TEST(Stop, ends_loftr_at_a_block_a_layer_or_a_chunk) {
  const auto model = value_of(create_match_model({small_loftr_model(), "cpu"}));
  const Image a(160, 128), b(160, 128, 8);
  MatchOptions options;
  options.threshold = 0;
  options.chunk = 16;
  const auto encode = [&](const Image& source, std::stop_token stop) {
    SingleUseImage image(source.view);
    return model->encode(image, options, std::move(stop));
  };
  expect_to_end_at_each_step(1 + 6, [&](std::stop_token stop) { return encode(a, stop); });
  const MatchPair pair{*encode(a, {}), *encode(b, {})};
  const auto all = model->match({&pair, 1}, options);
  ASSERT_TRUE(all);
  const auto chunks = static_cast<int>(all->front().matches.size() / 16);
  ASSERT_GE(chunks, 2);
  expect_to_end_at_each_step(6 + chunks, [&](std::stop_token stop) {
    return model->match({&pair, 1}, options, std::move(stop));
  });
}

TEST(Stop, ends_resnet_at_a_frame_or_a_block) {
  const auto model = value_of(
      create_feature_model({source_file("models/bundled/resnet18-lite.safetensors"), "cpu"}));
  const Image source(64, 48);
  SingleUseImage first(source.view), second(source.view);
  FrameImage* frames[] = {&first, &second};
  expect_to_end_at_each_step(
      2 + 8, [&](std::stop_token stop) { return model->features(frames, {}, std::move(stop)); });
}

TEST(Stop, ends_transnet_at_a_block) {
  TempDirectory directory;
  formula::write_weights(directory.path("t.safetensors"),
                         source_file("tests/nn/goldens/transnetv2.shapes"));
  const auto model = value_of(create_shot_model({directory.path("t.safetensors"), "cpu"}));
  const std::vector<Thumbnail> window(10);
  expect_to_end_at_each_step(
      6, [&](std::stop_token stop) { return model->probabilities(window, std::move(stop)); });
}

}  // namespace
}  // namespace gsttorch
