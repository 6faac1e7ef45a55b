// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/cpu/cpu_capability.h"

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

namespace gsttorch {
namespace {

class CpuCapabilityTest : public testing::Test {
 protected:
  CpuCapabilityTest() : before_(std::getenv(kName) ? std::getenv(kName) : "") {}
  ~CpuCapabilityTest() override {
    before_.empty() ? unsetenv(kName) : setenv(kName, before_.c_str(), 1);
  }

  static constexpr char kName[] = "ATEN_CPU_CAPABILITY";
  const std::string before_;
};

TEST_F(CpuCapabilityTest, the_environment_limits_what_may_be_used) {
  unsetenv(kName);
  const bool has_avx2 = may_use(CpuCapability::Avx2);
  EXPECT_TRUE(may_use(CpuCapability::Baseline));
  setenv(kName, "avx2", 1);
  EXPECT_FALSE(may_use(CpuCapability::Avx512));
  EXPECT_EQ(may_use(CpuCapability::Avx2), has_avx2);
  setenv(kName, "default", 1);
  EXPECT_FALSE(may_use(CpuCapability::Avx2));
  EXPECT_TRUE(may_use(CpuCapability::Baseline));
}

}  // namespace
}  // namespace gsttorch
