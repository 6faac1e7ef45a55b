// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Tests the runtime's decisions with a fake engine.
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "lib/gst/debug.h"
#include "lib/gst/runtime/runtime.h"
#include "tests/gst/runtime/fake_engine.h"
#include "tests/support/temp_directory.h"

GST_DEBUG_CATEGORY(gst_torch_analyzer_debug);

namespace gsttorch {
namespace {

class RuntimeChoiceTest : public testing::Test {
 protected:
  RuntimeChoiceTest() {
    GST_DEBUG_CATEGORY_INIT(gst_torch_analyzer_debug, "torchanalyzer", 0, "");
    for (const char* name : {"a", "b"}) std::ofstream(directory_.path() + "/" + name) << "weights";
  }
  ~RuntimeChoiceTest() override {
    runtime_.set_memory_limit(0);
    runtime_.trim();
    engine_.freest = 0;
    engine_.used = 0;
  }

  std::shared_ptr<ShotModel> model(const std::string& name, const std::string& device = "auto",
                                   Precision precision = Precision::Auto) {
    auto model = runtime_.shot_model({directory_.path() + "/" + name, device, precision}, {});
    return model ? *model : nullptr;
  }

  const TempDirectory directory_;
  FakeEngineState& engine_ = fake_engine_state();
  Runtime& runtime_ = Runtime::instance();
};

TEST_F(RuntimeChoiceTest, auto_is_one_device_for_all_that_use_it_at_once) {
  engine_.freest = 1;
  auto first = model("a");
  engine_.freest = 0;
  const auto second = model("b");
  EXPECT_EQ(first->info().device, "fake:1");
  EXPECT_EQ(second->info().device, "fake:1");
  first.reset();
  EXPECT_EQ(model("a")->info().device, "fake:1") << "the second is still at work there";
}

TEST_F(RuntimeChoiceTest, auto_is_decided_again_when_nobody_uses_it_any_more) {
  engine_.freest = 1;
  EXPECT_EQ(model("a")->info().device, "fake:1");
  engine_.freest = 0;
  EXPECT_EQ(runtime_.stats().models.loaded, 1u) << "within its grace time";
  EXPECT_EQ(model("a")->info().device, "fake:0");
}

TEST_F(RuntimeChoiceTest, a_device_that_is_named_has_no_part_in_it) {
  const auto named = model("a", "fake:0");
  engine_.freest = 1;
  EXPECT_EQ(model("b")->info().device, "fake:1");
}

// The fake engine's devices have bf16.
TEST_F(RuntimeChoiceTest, reduced_precision_is_another_name_of_one_that_the_device_has) {
  const auto reduced = model("a", "fake:0", Precision::Reduced);
  EXPECT_EQ(reduced->info().precision, Precision::Bf16);
  EXPECT_EQ(model("a", "fake:0", Precision::Bf16), reduced);
  EXPECT_NE(model("a", "fake:0"), reduced);
}

TEST_F(RuntimeChoiceTest, available_memory_is_the_limit_minus_used_memory) {
  const auto loads_the_engine = model("a");
  engine_.used = 300;
  EXPECT_EQ(runtime_.available_memory(), std::numeric_limits<std::size_t>::max());
  runtime_.set_memory_limit(1000);
  EXPECT_EQ(engine_.limit, 1000u);
  EXPECT_EQ(runtime_.available_memory(), 700u);
  engine_.used = 1300;
  EXPECT_EQ(runtime_.available_memory(), 0u);
}

}  // namespace
}  // namespace gsttorch
