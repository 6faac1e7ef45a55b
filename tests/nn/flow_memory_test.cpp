// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <functional>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ATen/Parallel.h>

#include "lib/nn/ops/prepared_image.h"
#include "lib/nn/torch_engine.h"
#include "tests/support/bf16.h"
#include "tests/support/image.h"
#include "tests/support/paths.h"
#include "tests/support/temp_directory.h"
#include "tests/support/weights_file.h"

namespace gsttorch {
namespace {

using testing::HasSubstr;
using FramePtr = std::shared_ptr<const FlowFrame>;

class FlowMemoryTest : public testing::Test {
 protected:
  std::string weights(const std::string& net) {
    const std::string path = directory_.path(net + ".safetensors");
    formula::write_weights(path, source_file("tests/nn/goldens/" + net + ".shapes"));
    return path;
  }
  std::unique_ptr<FlowModel> load(const std::string& path, Precision precision = Precision::Auto) {
    auto model = engine_.load_flow_model({path, "cpu", precision});
    EXPECT_TRUE(model) << model.error().message;
    return model ? std::move(model).value() : nullptr;
  }
  static FramePtr encode(FlowModel& model, const Image& source, const FlowOptions& options) {
    SingleUseImage image(source.view);
    auto frame = model.encode(image, options);
    EXPECT_TRUE(frame) << frame.error().message;
    return frame ? *frame : nullptr;
  }
  MemoryReport memory() { return engine_.memory("cpu"); }

  // Peak memory of `work` beyond what was allocated before.
  std::size_t peak_of(const std::function<void()>& work) {
    engine_.reset_memory_peak("cpu");
    const std::size_t before = memory().current;
    work();
    return memory().peak - before;
  }

  TempDirectory directory_;
  Engine& engine_ = *torch_engine();
};

TEST_F(FlowMemoryTest, is_reported_by_model_and_stage_and_none_is_left) {
  const MemoryReport before = memory();
  {
    const auto model = load(weights("raft_small"));
    const auto a = encode(*model, Image(144, 136), {});
    const FlowPair pair{a, a, {}};
    const auto flow = model->flow({&pair, 1}, {});
    ASSERT_TRUE(flow);
    std::map<std::string, std::size_t> current;
    for (const StageMemory& stage : memory().stages) {
      if (stage.model == "raft-small") current[stage.stage] = stage.current;
    }
    EXPECT_GT(current["weights"], 3'000'000u);
    EXPECT_EQ(current["features"], a->bytes());
    EXPECT_EQ(a->bytes(), model->workspace(144, 136, 1, {}).features);
    EXPECT_GE(current["flow"], flow->front().forward->bytes());
    EXPECT_LE(current["flow"], flow->front().forward->bytes() * 5 / 4);
  }
  EXPECT_EQ(memory().current, before.current);
  EXPECT_EQ(memory().blocks, before.blocks);
}

// Lets each allocation fail once; each time, expects an error that says so and no leak.
template <typename Work>
int fail_everywhere(Engine& engine, Work&& work) {
  const MemoryReport before = engine.memory("cpu");
  for (int n = 0;; n++) {
    engine.fail_allocation_after(n);
    const std::optional<Error> error = work();
    engine.fail_allocation_after(-1);
    EXPECT_EQ(engine.memory("cpu").blocks, before.blocks) << "allocation " << n;
    EXPECT_EQ(engine.memory("cpu").current, before.current) << "allocation " << n;
    if (!error) return n;
    EXPECT_EQ(error->code, ErrorCode::OutOfMemory) << n << ": " << error->message;
    EXPECT_THAT(error->message, HasSubstr("out of memory")) << n;
    if (testing::Test::HasFailure()) return n;
  }
}

template <typename T>
std::optional<Error> error_of(const Result<T>& result) {
  return result ? std::nullopt : std::optional(result.error());
}

TEST_F(FlowMemoryTest, that_runs_out_anywhere_in_a_load_is_one_error) {
  const std::string path = weights("raft_small");
  load(path);  // creates what is created once per process
  const int allocations = fail_everywhere(engine_, [&] {
    return error_of(engine_.load_flow_model({path, "cpu"}));
  });
  EXPECT_GT(allocations, 100);
}

TEST_F(FlowMemoryTest, that_runs_out_anywhere_in_a_frame_is_one_error) {
  const auto model = load(weights("raft_small"));
  const Image source(150, 130);  // needs padding
  FlowOptions options;
  options.max_size = 140;  // needs resizing
  const int allocations = fail_everywhere(engine_, [&] {
    SingleUseImage image(source.view);
    return error_of(model->encode(image, options));
  });
  EXPECT_GT(allocations, 30);
}

class FlowRunsOut : public FlowMemoryTest, public testing::WithParamInterface<const char*> {};

TEST_P(FlowRunsOut, anywhere_is_one_error_and_the_next_pair_is_as_ever) {
  const auto model = load(weights(GetParam()));
  FlowOptions options;
  options.iterations = 1;
  options.direction = FlowDirection::Both;
  const auto a = encode(*model, Image(128, 128), options);
  const auto b = encode(*model, Image(128, 128, 2, 1), options);
  FlowPair pair{a, b, {}};
  auto first = model->flow({&pair, 1}, options);
  ASSERT_TRUE(first);
  pair.warm_start = first->front().state;
  const double expected = model->flow({&pair, 1}, options)->front().mean_magnitude_px;
  double got = 0;
  const int allocations = fail_everywhere(engine_, [&] {
    const auto flow = model->flow({&pair, 1}, options);
    if (flow) got = flow->front().mean_magnitude_px;
    return error_of(flow);
  });
  EXPECT_GT(allocations, 50);
  EXPECT_DOUBLE_EQ(got, expected);
}

INSTANTIATE_TEST_SUITE_P(Nets, FlowRunsOut, testing::Values("raft_small", "raft_large"),
                         [](const auto& info) { return std::string(info.param); });

TEST_F(FlowMemoryTest, beyond_the_limit_is_an_error_and_work_continues_after_it) {
  const auto model = load(weights("raft_small"));
  const auto a = encode(*model, Image(144, 136), {});
  const FlowPair pair{a, a, {}};
  engine_.set_memory_limit("cpu", memory().current + 100'000);
  const auto refused = model->flow({&pair, 1}, {});
  engine_.set_memory_limit("cpu", 0);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::OutOfMemory);
  EXPECT_THAT(refused.error().message, HasSubstr("the limit is"));
  EXPECT_TRUE(model->flow({&pair, 1}, {}));
}

struct WorkspaceCase {
  const char* net;
  int width, height;
  int pairs = 1;
  int max_size = 0;
  std::size_t budget = std::size_t{256} << 20;
  FlowDirection direction = FlowDirection::Forward;
  Precision precision = Precision::Fp32;
};

class Workspace : public FlowMemoryTest, public testing::WithParamInterface<WorkspaceCase> {};

TEST_P(Workspace, is_stated_well_before_it_is_taken) {
  const WorkspaceCase& c = GetParam();
  if (c.precision == Precision::Bf16) SKIP_WITHOUT_BF16();
  const auto model = load(weights(c.net), c.precision);
  FlowOptions options;
  options.iterations = 3;
  options.max_size = c.max_size;
  options.correlation_budget_bytes = c.budget;
  options.direction = c.direction;
  const FlowWorkspace stated = model->workspace(c.width, c.height, c.pairs, options);

  const Image first(c.width, c.height), second(c.width, c.height, 3, 1);
  const auto a = encode(*model, first, options);
  FramePtr b;
  const std::size_t encode_peak = peak_of([&] { b = encode(*model, second, options); });
  const std::vector<FlowPair> pairs(c.pairs, FlowPair{a, b, {}});
  Result<std::vector<FlowResult>> flows = std::vector<FlowResult>();
  const std::size_t flow_peak = peak_of([&] { flows = model->flow(pairs, options); });
  ASSERT_TRUE(flows);

  EXPECT_EQ(stated.features, b->bytes());
  EXPECT_LE(encode_peak, stated.encode);
  EXPECT_LE(stated.encode, encode_peak * 1.3);
  EXPECT_LE(flow_peak, stated.flow);
  EXPECT_LE(stated.flow, flow_peak * 1.3);
}

constexpr WorkspaceCase kWorkspaces[] = {
    {"raft_small", 256, 192},
    {"raft_small", 256, 192, 1, 0, 0},
    {"raft_small", 448, 256},
    {"raft_small", 448, 256, 1, 0, 0},
    {"raft_large", 256, 192},
    {"raft_large", 256, 192, 1, 0, 0},
    {"raft_large", 448, 256},
    {"raft_large", 448, 256, 1, 0, 0},
    {"raft_small", 253, 187, 3},
    {"raft_small", 256, 192, 2, 0, 0, FlowDirection::Both},
    {"raft_large", 256, 192, 1, 0, 0, FlowDirection::Both},
    {"raft_small", 640, 480, 1, 256},
    {"raft_small", 1280, 720, 1, 128, 0, FlowDirection::Both},
    {"raft_small", 448, 256, 1, 0, 0, FlowDirection::Forward, Precision::Bf16},
    {"raft_large", 448, 256, 1, 0, 0, FlowDirection::Forward, Precision::Bf16},
    {"raft_large", 256, 192, 2, 0, std::size_t{256} << 20, FlowDirection::Both, Precision::Bf16},
};

INSTANTIATE_TEST_SUITE_P(Sizes, Workspace, testing::ValuesIn(kWorkspaces), [](const auto& info) {
  const WorkspaceCase& c = info.param;
  return std::string(c.net) + "_" + std::to_string(c.width) + "x" + std::to_string(c.height) +
         "_pairs_" + std::to_string(c.pairs) + "_inside_" + std::to_string(c.max_size) +
         (c.budget ? "_volume" : "_on_demand") +
         (c.direction == FlowDirection::Both ? "_both" : "") +
         (c.precision == Precision::Bf16 ? "_bf16" : "");
});

TEST_F(FlowMemoryTest, of_an_image_is_shared_by_models_that_want_the_same) {
  const std::string path = weights("raft_small");
  const auto first = load(path), second = load(path);
  const Image source(150, 130);
  KeepingFrame frame(source);
  const auto a = first->encode(frame, {}), b = second->encode(frame, {});
  ASSERT_TRUE(a && b);
  EXPECT_EQ(frame.views, 1);
  EXPECT_EQ(frame.images, 1);
  EXPECT_EQ(frame.features, 2) << "one model's features must not be taken for another's";
  EXPECT_NE(*a, *b);
  EXPECT_EQ(*first->encode(frame, {}), *a);
  EXPECT_EQ(frame.features, 2);
  FlowOptions smaller;
  smaller.max_size = 130;
  EXPECT_TRUE(first->encode(frame, smaller));
  EXPECT_EQ(frame.images, 2);
  EXPECT_EQ(frame.features, 3);
}

TEST(ImageKey, tells_all_that_an_image_depends_on) {
  const ImageRequest plain{.width = 64, .height = 48};
  EXPECT_EQ(image_key(plain), image_key(plain));
  std::vector<ImageRequest> others(9, plain);
  others[0].width = 65;
  others[1].height = 49;
  others[2].left = 1;
  others[3].right = 1;
  others[4].top = 1;
  others[5].bottom = 1;
  others[6].scale.scale[2] = std::nextafter(1.f, 2.f);
  others[7].scale.offset[0] = 1e-30f;
  others[8].device = c10::Device(c10::kCUDA, 0);
  std::set<std::string> keys{image_key(plain)};
  for (const ImageRequest& other : others) keys.insert(image_key(other));
  EXPECT_EQ(keys.size(), 10u);
}

TEST_F(FlowMemoryTest, is_none_after_a_load_that_was_stopped) {
  const std::string path = weights("raft_small");
  const MemoryReport before = memory();
  std::stop_source stop;
  stop.request_stop();
  const auto model = engine_.load_flow_model({path, "cpu"}, stop.get_token());
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::Cancelled);
  EXPECT_EQ(memory().blocks, before.blocks);
}

TEST_F(FlowMemoryTest, is_not_taken_to_list_a_file) {
  const std::string path = weights("raft_small");
  const MemoryReport before = memory();
  engine_.reset_memory_peak("cpu");
  EXPECT_TRUE(engine_.list_weights(path));
  EXPECT_EQ(memory().peak, before.current);
  write_text(directory_.path("bad.pth"), "no weights at all");
  const auto bad = engine_.list_weights(directory_.path("bad.pth"));
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, ErrorCode::Corrupt);
  EXPECT_THAT(bad.error().message, HasSubstr("bad.pth"));
  EXPECT_EQ(engine_.list_weights(directory_.path("absent")).error().code, ErrorCode::NotFound);
}

TEST(Workers, set_the_threads_of_the_calling_thread_alone) {
  Engine& engine = *torch_engine();
  const int here = at::get_num_threads();
  int first = 0, second = 0, all = 0;
  std::thread([&] {
    engine.enter_worker("cpu", 3);
    std::thread([&] {
      engine.enter_worker("cpu", 5);
      second = at::get_num_threads();
      engine.enter_worker("cpu", 0);
      all = at::get_num_threads();
    }).join();
    first = at::get_num_threads();
  }).join();
  EXPECT_EQ(first, 3);
  EXPECT_EQ(second, 5);
  EXPECT_EQ(all, at::intraop_default_num_threads());
  EXPECT_EQ(at::get_num_threads(), here);
}

}  // namespace
}  // namespace gsttorch
