// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "lib/engine/loader.h"
#include "tests/support/image.h"
#include "tests/support/temp_directory.h"

namespace gsttorch {

/// The devices that every suite of this directory runs on, in the words of `device=`.
inline auto test_devices() { return testing::Values("cpu", "cuda"); }

/// Models on one device against the reference, which is the CPU with one thread per operation.
/// Skipped, with the reason, where the device cannot be used.
class DeviceTest : public testing::Test {
 protected:
  /// To be called first, in SetUp(); the test has no device_ where it was skipped.
  void use(const std::string& name) {
    const auto engine = load_engine();
    ASSERT_TRUE(engine) << engine.error().message;
    engine_ = *engine;
    const auto device = engine_->resolve_device(name);
    if (!device) GTEST_SKIP() << device.error().message;
    device_ = *device;
  }

  /// What `compute` returns, in a thread that computes as the reference does.
  template <typename Compute>
  auto by_reference(Compute&& compute) {
    decltype(compute()) result;
    std::jthread([&] {
      engine_->enter_worker("cpu", 1);
      result = compute();
    }).join();
    return result;
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
