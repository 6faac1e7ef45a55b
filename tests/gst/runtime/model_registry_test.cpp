// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/runtime/model_registry.h"

#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gsttorch {
namespace {

using std::chrono::seconds;

struct TestModel {
  explicit TestModel(std::atomic<int>& alive) : alive(alive) { alive++; }
  ~TestModel() { alive--; }
  std::atomic<int>& alive;
};

class ModelRegistryTest : public testing::Test {
 protected:
  using Registry = ModelRegistry<TestModel>;
  using Loaded = Result<std::unique_ptr<TestModel>>;

  Result<std::shared_ptr<TestModel>> acquire(const std::string& name, std::stop_token stop = {}) {
    return registry_->acquire(
        {name, 1, 1, "cpu"}, [this](std::stop_token s) { return load_(std::move(s)); },
        std::move(stop));
  }

  std::atomic<int> alive_ = 0, loads_ = 0;
  std::function<Loaded(std::stop_token)> load_ = [this](std::stop_token) -> Loaded {
    loads_++;
    return std::make_unique<TestModel>(alive_);
  };
  std::shared_ptr<Registry> registry_ = std::make_shared<Registry>();
};

TEST_F(ModelRegistryTest, loads_once_for_all_who_ask_at_once) {
  load_ = [this](std::stop_token) -> Loaded {
    loads_++;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return std::make_unique<TestModel>(alive_);
  };
  std::vector<std::future<Result<std::shared_ptr<TestModel>>>> askers;
  for (int i = 0; i < 8; i++) {
    askers.push_back(std::async(std::launch::async, [this] { return acquire("a"); }));
  }
  std::vector<std::shared_ptr<TestModel>> models;
  for (auto& asker : askers) models.push_back(asker.get().value());
  EXPECT_EQ(loads_, 1);
  EXPECT_THAT(models, testing::Each(models.front()));
  EXPECT_EQ(registry_->counts().loads, 1u);
  EXPECT_EQ(registry_->counts().shared, 7u);
}

TEST_F(ModelRegistryTest, keeps_other_files_versions_devices_and_precisions_apart) {
  const auto a = acquire("a"), b = acquire("b");
  EXPECT_NE(a->get(), b->get());
  const auto load = [this](std::stop_token s) { return load_(std::move(s)); };
  const auto newer = registry_->acquire({"a", 1, 2, "cpu"}, load, {});
  const auto elsewhere = registry_->acquire({"a", 1, 1, "cuda:0"}, load, {});
  const auto briefer = registry_->acquire({"a", 1, 1, "cpu", Precision::Bf16}, load, {});
  EXPECT_NE(newer->get(), a->get());
  EXPECT_NE(elsewhere->get(), a->get());
  EXPECT_NE(briefer->get(), a->get());
  EXPECT_EQ(registry_->counts().loaded, 5u);
}

TEST_F(ModelRegistryTest, keeps_a_model_for_its_grace_time_after_the_last_user) {
  int unused = 0;
  registry_->on_unused = [&] { unused++; };
  EXPECT_TRUE(acquire("a"));
  EXPECT_EQ(unused, 1);
  EXPECT_EQ(alive_, 1);
  EXPECT_TRUE(registry_->drop_unused(seconds(1000)));  // not due yet
  EXPECT_EQ(alive_, 1);
  const auto again = acquire("a");
  EXPECT_EQ(loads_, 1);
  EXPECT_FALSE(registry_->drop_unused({}));  // still in use
  EXPECT_EQ(alive_, 1);
}

TEST_F(ModelRegistryTest, drops_a_model_once_it_is_due) {
  EXPECT_TRUE(acquire("a"));
  EXPECT_FALSE(registry_->drop_unused({}));
  EXPECT_EQ(alive_, 0);
  EXPECT_TRUE(acquire("a"));
  EXPECT_EQ(loads_, 2);
}

TEST_F(ModelRegistryTest, reports_a_failure_to_all_waiting_users_and_retries_next_time) {
  load_ = [this](std::stop_token) -> Loaded {
    loads_++;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return Error{ErrorCode::Corrupt, "half a file"};
  };
  auto other = std::async(std::launch::async, [this] { return acquire("a"); });
  const auto mine = acquire("a");
  EXPECT_EQ(mine.error().code, ErrorCode::Corrupt);
  EXPECT_EQ(other.get().error().message, "half a file");
  const int before = loads_;
  load_ = [this](std::stop_token) -> Loaded { return std::make_unique<TestModel>(alive_); };
  EXPECT_TRUE(acquire("a"));
  EXPECT_LE(before, 2);
}

// A load that ends only when it is cancelled.
ModelRegistry<TestModel>::Load endless(std::promise<void>& started, std::atomic<int>& stopped) {
  return [&](std::stop_token stop) -> Result<std::unique_ptr<TestModel>> {
    started.set_value();
    while (!stop.stop_requested()) std::this_thread::yield();
    stopped++;
    return Error{ErrorCode::Cancelled, "cancelled"};
  };
}

TEST_F(ModelRegistryTest, stops_a_load_that_nobody_waits_for_any_more) {
  std::promise<void> started;
  std::atomic<int> stopped = 0;
  load_ = endless(started, stopped);
  std::stop_source stop;
  auto asker = std::async(std::launch::async, [&] { return acquire("a", stop.get_token()); });
  started.get_future().wait();
  stop.request_stop();
  EXPECT_EQ(asker.get().error().code, ErrorCode::Cancelled);
  EXPECT_EQ(stopped, 1);
}

TEST_F(ModelRegistryTest, continues_loading_for_the_others_when_one_gives_up) {
  std::promise<void> started, go;
  load_ = [&, released = go.get_future().share()](std::stop_token stop) -> Loaded {
    started.set_value();
    released.wait_for(seconds(20));
    if (stop.stop_requested()) return Error{ErrorCode::Cancelled, "cancelled"};
    return std::make_unique<TestModel>(alive_);
  };
  std::stop_source stop;
  auto first = std::async(std::launch::async, [&] { return acquire("a", stop.get_token()); });
  started.get_future().wait();
  auto second = std::async(std::launch::async, [&] { return acquire("a"); });
  while (registry_->counts().shared == 0) std::this_thread::yield();
  stop.request_stop();
  go.set_value();
  EXPECT_EQ(first.get().error().code, ErrorCode::Cancelled);
  EXPECT_TRUE(second.get());
}

TEST_F(ModelRegistryTest, loads_again_for_a_user_who_joined_a_cancelled_load) {
  std::promise<void> started, go;
  load_ = [&, released = go.get_future().share()](std::stop_token) -> Loaded {
    if (loads_++ > 0) return std::make_unique<TestModel>(alive_);
    started.set_value();
    released.wait_for(seconds(20));
    return Error{ErrorCode::Cancelled, "cancelled"};
  };
  std::stop_source stop;
  auto first = std::async(std::launch::async, [&] { return acquire("a", stop.get_token()); });
  started.get_future().wait();
  stop.request_stop();
  auto second = std::async(std::launch::async, [&] { return acquire("a"); });
  while (registry_->counts().shared == 0) std::this_thread::yield();
  go.set_value();
  EXPECT_EQ(first.get().error().code, ErrorCode::Cancelled);
  EXPECT_TRUE(second.get());
  EXPECT_EQ(loads_, 2);
}

TEST_F(ModelRegistryTest, a_model_may_outlive_the_registry) {
  auto model = acquire("a").value();
  registry_.reset();
  EXPECT_EQ(alive_, 1);
  model.reset();
  EXPECT_EQ(alive_, 0);
}

}  // namespace
}  // namespace gsttorch
