// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/model_analyzer/model_slot.h"

#include <chrono>
#include <latch>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/no_more_threads.h"

namespace gsttorch {
namespace {

using Clock = std::chrono::steady_clock;

class Host final : public AnalyzerHost {
 public:
  GstElement* element() const override { return element_.get(); }
  AnalyzerSettings settings() const override { return {}; }
  void set_post_messages(bool) override {}
  bool is_live() const override { return false; }
  std::stop_token stop_token() const override { return {}; }
  void report(const Error& error) override { reported.push_back(error.message); }
  bool run(std::function<void()> work) override { return work(), true; }
  void push_event(GstEvent* event) override { gst_event_unref(event); }

  std::vector<std::string> reported;

 private:
  const Ref<GstElement> element_ = Ref<GstElement>::adopt(
      GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make("identity", nullptr))));
};

TEST(ModelSlot, reports_how_long_the_load_took) {
  Host host;
  ModelSlot<int> slot(host);
  std::chrono::duration<double, std::milli> inside{};
  slot.start("a model", [&inside](const std::stop_token&) -> Result<std::shared_ptr<int>> {
    const auto begin = Clock::now();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    inside = Clock::now() - begin;
    return std::make_shared<int>(1);
  });
  ASSERT_TRUE(slot.wait({}));
  EXPECT_GE(slot.load_ms(), inside.count());
}

// Each load waits until the other one has begun.
TEST(ModelSlot, models_of_several_elements_load_side_by_side) {
  Host host;
  ModelSlot<int> first(host), second(host);
  std::latch both(2);
  const auto load = [&both](const std::stop_token&) -> Result<std::shared_ptr<int>> {
    both.count_down();
    for (int i = 0; i < 20000 && !both.try_wait(); i++) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return std::make_shared<int>(both.try_wait());
  };
  first.start("a model", load);
  second.start("another", load);
  ASSERT_TRUE(first.wait({}));
  ASSERT_TRUE(second.wait({}));
  EXPECT_EQ(*first.get(), 1);
  EXPECT_EQ(*second.get(), 1);
}

TEST(ModelSlot, fails_to_load_where_no_thread_can_be_started) {
  Host host;
  ModelSlot<int> slot(host);
  const auto load = [](const std::stop_token&) -> Result<std::shared_ptr<int>> {
    return std::make_shared<int>(1);
  };
  {
    const NoMoreThreads here;
    slot.start("a model", load);
  }
  EXPECT_FALSE(slot.wait({}));
  EXPECT_EQ(host.reported.size(), 1u);
  slot.stop();
  slot.start("a model", load);
  EXPECT_TRUE(slot.wait({}));
}

TEST(ModelSlot, fails_to_load_whatever_the_load_throws) {
  Host host;
  ModelSlot<int> slot(host);
  slot.start("a model", [](const std::stop_token&) -> Result<std::shared_ptr<int>> { throw 1; });
  EXPECT_FALSE(slot.wait({}));
  EXPECT_EQ(host.reported.size(), 1u);
}

}  // namespace
}  // namespace gsttorch
