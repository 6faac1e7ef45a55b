// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Tests what the runtime does at the same time: loads and inference, with a fake engine.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "lib/gst/runtime/runtime.h"
#include "tests/gst/runtime/fake_engine.h"
#include "tests/support/temp_directory.h"

namespace gsttorch {
namespace {

template <typename Condition>
bool comes_true(Condition condition) {
  for (int i = 0; i < 20000 && !condition(); i++) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return condition();
}

class RuntimeWorkersTest : public testing::Test {
 protected:
  ~RuntimeWorkersTest() override {
    runtime_.set_cpu_workers(0);
    runtime_.trim();
    engine_.loads_together = 1;
    engine_.loads_begun = 0;
  }

  /// Loads a model, so that the engine is there; runs nothing.
  void load_engine() {
    std::ofstream(directory_.path() + "/weights") << "weights";
    ASSERT_TRUE(runtime_.shot_model({directory_.path() + "/weights", "fake:0"}, {}));
  }

  const TempDirectory directory_;
  FakeEngineState& engine_ = fake_engine_state();
  Runtime& runtime_ = Runtime::instance();
};

TEST_F(RuntimeWorkersTest, all_loads_begin_before_the_first_one_ends) {
  const std::vector<std::string> names = {"a", "b", "c"};
  for (const std::string& name : names) {
    std::ofstream(directory_.path() + "/" + name) << "weights";
  }
  engine_.loads_together = static_cast<int>(names.size());
  std::atomic<int> loaded = 0;
  {
    std::vector<std::jthread> elements;
    for (const std::string& name : names) {
      elements.emplace_back([&, name] {
        loaded += runtime_.shot_model({directory_.path() + "/" + name, "fake:0"}, {}) ? 1 : 0;
      });
    }
  }
  EXPECT_EQ(loaded, 3);
}

// Each job waits until the other one runs.
TEST_F(RuntimeWorkersTest, two_workers_run_two_models_at_once) {
  load_engine();
  runtime_.set_cpu_workers(2);
  EXPECT_EQ(runtime_.stats().cpu_workers, 2);
  std::atomic<int> running = 0, met = 0;
  const auto job = [&] {
    running++;
    met += comes_true([&] { return running == 2; }) ? 1 : 0;
  };
  {
    const std::jthread first([&] { runtime_.run("cpu", job); });
    const std::jthread second([&] { runtime_.run("cpu", job); });
  }
  EXPECT_EQ(met, 2);
}

TEST_F(RuntimeWorkersTest, one_worker_runs_one_model_after_the_other) {
  load_engine();
  runtime_.set_cpu_workers(1);
  std::atomic<int> running = 0, most = 0, begun = 0;
  const auto job = [&] {
    most = std::max<int>(most, ++running);
    begun++;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    running--;
  };
  {
    std::vector<std::jthread> elements;
    for (int i = 0; i < 4; i++) elements.emplace_back([&] { runtime_.run("cpu", job); });
  }
  EXPECT_EQ(begun, 4);
  EXPECT_EQ(most, 1);
}

TEST_F(RuntimeWorkersTest, workers_share_the_cores) {
  load_engine();
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  runtime_.set_cpu_workers(1);
  runtime_.run("cpu", [] {});
  EXPECT_EQ(engine_.worker_threads, cores);
  runtime_.set_cpu_workers(2);
  runtime_.run("cpu", [] {});
  EXPECT_EQ(engine_.worker_threads, std::max(1, cores / 2));
}

// The workers of before end when their last job has ended.
TEST_F(RuntimeWorkersTest, the_number_can_change_while_a_model_computes) {
  load_engine();
  runtime_.set_cpu_workers(1);
  std::atomic<bool> has_begun = false, may_end = false;
  {
    const std::jthread busy([&] {
      runtime_.run("cpu", [&] {
        has_begun = true;
        comes_true([&] { return may_end.load(); });
      });
    });
    ASSERT_TRUE(comes_true([&] { return has_begun.load(); }));
    runtime_.set_cpu_workers(2);
    bool ran = false;
    runtime_.run("cpu", [&] { ran = true; });
    EXPECT_TRUE(ran) << "the only worker of before is busy";
    may_end = true;
  }
}

TEST_F(RuntimeWorkersTest, a_number_above_that_of_the_cores_is_limited) {
  runtime_.set_cpu_workers(64);
  EXPECT_EQ(runtime_.stats().cpu_workers, static_cast<int>(std::thread::hardware_concurrency()));
  EXPECT_EQ(runtime_.cpu_workers(), 64);
}

}  // namespace
}  // namespace gsttorch
