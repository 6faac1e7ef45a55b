// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "lib/engine/loader.h"
#include "tests/support/image.h"
#include "tests/support/temp_directory.h"

namespace gsttorch {

/// A test that is skipped if there is no GPU that LibTorch can use.
class GpuTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto engine = load_engine();
    ASSERT_TRUE(engine) << engine.error().message;
    engine_ = *engine;
    const auto device = engine_->resolve_device("cuda");
    if (!device) GTEST_SKIP() << device.error().message;
    device_ = *device;
  }

  template <typename T>
  static T value_of(Result<T> result) {
    EXPECT_TRUE(result) << result.error().message;
    return result ? std::move(result).value() : T();
  }

  TempDirectory directory_;
  Engine* engine_ = nullptr;
  std::string device_;
};

}  // namespace gsttorch
