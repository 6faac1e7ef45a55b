// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/device/primary_context.h"

#include <cstdlib>
#include <cstring>
#include <string>

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gsttorch {
namespace {

using testing::HasSubstr;

/// Reads the state that this test's fake driver records.
class PretendedContext : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"FAKE_CUDA_VERSION", "FAKE_CUDA_INIT", "FAKE_CUDA_HOST_MB"}) {
      unsetenv(name);
    }
    setenv("FAKE_CUDA_DEVICES", "2", 1);
    driver_ = dlopen("libcuda.so.1", RTLD_NOW);
    ASSERT_NE(driver_, nullptr) << dlerror();
    ASSERT_NE(dlsym(driver_, "gsttorch_fake_current"), nullptr) << "this is a real driver";
  }

  void* current() const {
    return reinterpret_cast<void* (*)()>(dlsym(driver_, "gsttorch_fake_current"))();
  }
  int retained(int device) const {
    return reinterpret_cast<int (*)(int)>(dlsym(driver_, "gsttorch_fake_retained"))(device);
  }

  void* driver_ = nullptr;
};

TEST_F(PretendedContext, is_retained_once_however_often_it_is_asked_for) {
  const auto first = PrimaryContext::of(1);
  const auto second = PrimaryContext::of(1);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->handle(), second->handle());
  EXPECT_EQ(retained(1), 1);
  EXPECT_NE(PrimaryContext::of(0)->handle(), first->handle());
}

TEST_F(PretendedContext, is_current_only_while_somebody_works_in_it) {
  const auto context = PrimaryContext::of(0);
  ASSERT_TRUE(context);
  {
    const PrimaryContext::Current outer(*context);
    EXPECT_TRUE(outer.status());
    EXPECT_EQ(current(), context->handle());
  }
  EXPECT_EQ(current(), nullptr);
}

TEST_F(PretendedContext, gives_pinned_memory_and_takes_it_back) {
  const auto context = PrimaryContext::of(0);
  ASSERT_TRUE(context);
  const auto memory = context->allocate_pinned(1000);
  ASSERT_TRUE(memory) << memory.error().message;
  std::memset(*memory, 7, 1000);
  EXPECT_TRUE(context->free_pinned(*memory));
  EXPECT_EQ(current(), nullptr);
}

TEST_F(PretendedContext, that_cannot_pin_so_much_is_out_of_memory) {
  setenv("FAKE_CUDA_HOST_MB", "1", 1);
  const auto memory = PrimaryContext::of(0)->allocate_pinned(2 << 20);
  ASSERT_FALSE(memory);
  EXPECT_EQ(memory.error().code, ErrorCode::OutOfMemory);
  EXPECT_THAT(memory.error().message, HasSubstr("cuMemHostAlloc failed with 2"));
}

TEST_F(PretendedContext, of_a_device_that_is_not_there_is_an_error) {
  const auto context = PrimaryContext::of(5);
  ASSERT_FALSE(context);
  EXPECT_EQ(context.error().code, ErrorCode::DeviceUnavailable);
  EXPECT_THAT(context.error().message, HasSubstr("cuDeviceGet failed with 101"));
}

}  // namespace
}  // namespace gsttorch
