// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <cstdlib>

#include <gtest/gtest.h>

#include "lib/device/cuda_driver.h"

namespace gsttorch {
namespace {

// Uses the fake libnvidia-ml.so.1.
class GpuUsageOf : public ::testing::Test {
 protected:
  GpuUsageOf() { forget(); }
  ~GpuUsageOf() override { forget(); }

  static void forget() {
    for (const char* name : {"FAKE_NVML_FREE_MB", "FAKE_NVML_UTILIZATION", "FAKE_NVML_POWER"}) {
      unsetenv(name);
    }
  }
};

TEST_F(GpuUsageOf, each_gpu_is_reported) {
  setenv("FAKE_NVML_FREE_MB", "1024,2048", 1);
  setenv("FAKE_NVML_UTILIZATION", "73", 1);
  setenv("FAKE_NVML_POWER", "125500", 1);
  const auto nvml = Nvml::load();
  ASSERT_TRUE(nvml);
  const auto usage = nvml->usage();
  ASSERT_EQ(usage.size(), 2u);
  EXPECT_EQ(usage[1].index, 1u);
  EXPECT_EQ(usage[1].name, "Pretended GPU");
  EXPECT_EQ(usage[1].utilization_percent, 73u);
  EXPECT_EQ(usage[1].memory_used, std::size_t{6} << 30);
  EXPECT_EQ(usage[1].memory_total, std::size_t{8} << 30);
  EXPECT_EQ(usage[1].power_watts, 125.5);
}

TEST_F(GpuUsageOf, unsupported_figures_are_absent) {
  setenv("FAKE_NVML_FREE_MB", "1024", 1);
  const auto nvml = Nvml::load();
  ASSERT_TRUE(nvml);
  const auto usage = nvml->usage();
  ASSERT_EQ(usage.size(), 1u);
  EXPECT_FALSE(usage[0].utilization_percent);
  EXPECT_FALSE(usage[0].power_watts);
  EXPECT_TRUE(usage[0].memory_used);
}

TEST_F(GpuUsageOf, a_driver_that_refuses_says_with_what) {
  const auto nvml = Nvml::load();
  ASSERT_FALSE(nvml);
  EXPECT_EQ(nvml.error().message, "libnvidia-ml.so.1: nvmlInit failed with 9");
}

}  // namespace
}  // namespace gsttorch
