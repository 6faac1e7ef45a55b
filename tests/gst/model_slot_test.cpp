// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/analyzer/model_slot.h"

#include <chrono>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

namespace gsttorch {
namespace {

using Clock = std::chrono::steady_clock;

class Host final : public AnalyzerHost {
 public:
  GstElement* element() const override { return element_.get(); }
  AnalyzerSettings settings() const override { return {}; }
  void set_post_messages(bool) override {}
  Models& models() override { throw std::logic_error("none is asked for"); }
  std::size_t memory_limit() const override { return 0; }
  std::size_t available_memory(std::size_t) const override { return 0; }
  bool is_live() const override { return false; }
  std::stop_token stop_token() const override { return {}; }
  void report(const Error&) override {}
  bool run(std::function<void()> work) override { return work(), true; }
  bool is_live() const override { return false; }
  std::stop_token stop_token() const override { return {}; }
  void push_event(GstEvent* event) override { gst_event_unref(event); }

 private:
  const Ref<GstElement> element_ = Ref<GstElement>::adopt(
      GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make("identity", nullptr))));
};

TEST(ModelSlot, tells_how_long_the_load_took) {
  Host host;
  ModelSlot<int> slot(host);
  std::chrono::duration<double, std::milli> inside{};
  slot.start("a net", [&inside](const std::stop_token&) -> Result<std::shared_ptr<int>> {
    const auto begin = Clock::now();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    inside = Clock::now() - begin;
    return std::make_shared<int>(1);
  });
  ASSERT_TRUE(slot.wait({}));
  EXPECT_GE(slot.load_ms(), inside.count());
}

}  // namespace
}  // namespace gsttorch
