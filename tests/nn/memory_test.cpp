// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <cstring>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <c10/core/CPUAllocator.h>

#include "lib/base/address_sanitizer.h"
#include "lib/nn/base/failure.h"
#include "lib/nn/memory/counters.h"
#include "lib/nn/memory/cpu_memory.h"
#include "lib/nn/memory/device_memory.h"

namespace gsttorch {
namespace {

StageMemory stage_memory(const std::string& model, const std::string& stage) {
  for (const StageMemory& found : cpu_memory().stages) {
    if (found.model == model && found.stage == stage) return found;
  }
  return {};
}

at::Tensor tensor_of(std::int64_t bytes) { return at::empty({bytes}, at::kByte); }

class CpuMemory : public testing::Test {
 protected:
  void SetUp() override {
    install_counting_allocator();
    before_ = cpu_memory();
    reset_cpu_memory_peak();
  }
  void TearDown() override {
    set_cpu_memory_limit(0);
    fail_cpu_allocation_after(-1);
    EXPECT_EQ(cpu_memory().current, before_.current);
    EXPECT_EQ(cpu_memory().blocks, before_.blocks);
  }
  std::size_t more() const { return cpu_memory().current - before_.current; }

  MemoryReport before_;
};

TEST_F(CpuMemory, is_that_of_live_tensors_small_and_large) {
  for (const std::int64_t bytes : {1, 1000, 65535, 65536, 10'000'000}) {
    const at::Tensor tensor = tensor_of(bytes);
    EXPECT_EQ(more(), static_cast<std::size_t>(bytes));
    EXPECT_EQ(cpu_memory().blocks, before_.blocks + 1);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.data_ptr()) % 64, 0u) << bytes;
    std::memset(tensor.data_ptr(), 0xab, bytes);
  }
  EXPECT_EQ(more(), 0u);
}

TEST_F(CpuMemory, may_be_touched_between_its_ends_only) {
  if (!kAddressSanitizer) GTEST_SKIP() << "needs AddressSanitizer: tools/sanitize address";
  for (const std::int64_t bytes : {1, 1000, 65535, 65536, 10'000'000}) {
    const at::Tensor tensor = tensor_of(bytes);
    char* const data = static_cast<char*>(tensor.data_ptr());
    EXPECT_FALSE(is_access_forbidden(data, bytes)) << bytes;
    EXPECT_TRUE(is_access_forbidden(data - 1, 1)) << bytes;
    EXPECT_TRUE(is_access_forbidden(data + bytes, 1)) << bytes;
  }
}

TEST_F(CpuMemory, of_no_elements_is_none) {
  const at::Tensor tensor = at::empty({0});
  EXPECT_EQ(cpu_memory().blocks, before_.blocks);
}

TEST_F(CpuMemory, remembers_its_peak_until_that_is_reset) {
  tensor_of(300'000);
  EXPECT_EQ(cpu_memory().peak, before_.current + 300'000);
  reset_cpu_memory_peak();
  EXPECT_EQ(cpu_memory().peak, before_.current);
}

TEST_F(CpuMemory, reserves_hardly_more_than_the_peak) {
  const at::Tensor held = tensor_of(100'000);
  tensor_of(10'000'000);
  const MemoryReport now = cpu_memory();
  EXPECT_GE(now.reserved, now.current);
  EXPECT_LE(now.reserved, now.peak + now.peak / 16 + 100'000);
}

TEST_F(CpuMemory, is_put_down_to_the_stage_that_asked_for_it) {
  at::Tensor kept;
  {
    const MemoryScope scope("model", "weights");
    kept = tensor_of(100'000);
    {
      const MemoryScope inner("flow");
      const at::Tensor passing = tensor_of(200'000);
      EXPECT_EQ(stage_memory("model", "flow").current, 200'000u);
    }
    const at::Tensor again = tensor_of(50'000);
    EXPECT_EQ(stage_memory("model", "weights").current, 150'000u);
  }
  EXPECT_EQ(stage_memory("model", "weights").current, 100'000u);
  EXPECT_EQ(stage_memory("model", "weights").peak, 150'000u);
  EXPECT_EQ(stage_memory("model", "flow").current, 0u);
  EXPECT_EQ(stage_memory("model", "flow").peak, 200'000u);
}

TEST_F(CpuMemory, goes_back_to_its_stage_when_another_thread_frees_it) {
  at::Tensor tensor;
  {
    const MemoryScope scope("model", "features");
    tensor = tensor_of(100'000);
  }
  std::thread([&tensor] {
    const MemoryScope scope("model", "other");
    tensor.reset();
  }).join();
  EXPECT_EQ(stage_memory("model", "features").current, 0u);
  EXPECT_EQ(stage_memory("model", "other").current, 0u);
}

TEST_F(CpuMemory, of_blocks_known_by_their_address_alone_is_counted_too) {
  c10::Allocator* allocator = c10::GetCPUAllocator();
  for (const std::size_t bytes : {100, 1'000'000}) {
    void* block = allocator->raw_allocate(bytes);
    EXPECT_EQ(more(), bytes);
    allocator->raw_deallocate(block);
  }
}

TEST_F(CpuMemory, from_the_allocator_before_is_freed_by_that_one) {
  c10::Allocator* before = c10::GetDefaultCPUAllocator();
  ASSERT_NE(before, c10::GetCPUAllocator());
  for (const std::size_t bytes : {1, 64, 4096, 100'000, 10'000'000}) {
    c10::DataPtr data = before->allocate(bytes);
    void* raw = before->raw_allocate(bytes);
    std::memset(raw, 0xcd, bytes);
    EXPECT_EQ(more(), 0u);
    c10::GetCPUAllocator()->raw_deallocate(raw);  // as oneDNN's tensors do
    EXPECT_EQ(more(), 0u);
  }
}

TEST_F(CpuMemory, that_foreign_tensors_grow_into_stays_right) {
  at::Storage storage(at::Storage::use_byte_size_t(), 100, c10::GetDefaultCPUAllocator(), true);
  at::Tensor tensor = at::empty({0}, at::kByte).set_(storage, 0, {100}, {1});
  tensor.fill_(7);
  tensor.resize_({1'000'000});
  EXPECT_EQ(tensor[99].item<int>(), 7);
}

TEST_F(CpuMemory, beyond_the_limit_is_refused_with_the_figures) {
  set_cpu_memory_limit(before_.current + 1'000'000);
  const at::Tensor held = tensor_of(600'000);
  const auto asked = caught("weights", [&]() -> Result<at::Tensor> { return tensor_of(400'001); });
  ASSERT_FALSE(asked);
  EXPECT_EQ(asked.error().code, ErrorCode::OutOfMemory);
  for (const std::size_t figure :
       {std::size_t{400'001}, before_.current + 600'000, before_.current + 1'000'000}) {
    EXPECT_THAT(asked.error().message, testing::HasSubstr(std::to_string(figure)));
  }
  EXPECT_EQ(more(), 600'000u);
  tensor_of(400'000);
  EXPECT_EQ(cpu_memory().limit, before_.current + 1'000'000);
}

TEST_F(CpuMemory, that_the_system_does_not_have_is_refused_too) {
  const auto asked =
      caught("flow", [&]() -> Result<at::Tensor> { return tensor_of(std::int64_t{1} << 60); });
  ASSERT_FALSE(asked);
  EXPECT_EQ(asked.error().code, ErrorCode::OutOfMemory);
}

TEST_F(CpuMemory, fails_once_where_a_test_wants_it) {
  fail_cpu_allocation_after(2);
  const at::Tensor first = tensor_of(10), second = tensor_of(10);
  EXPECT_THROW(tensor_of(10), c10::OutOfMemoryError);
  const at::Tensor third = tensor_of(10);
  EXPECT_EQ(more(), 30u);
}

TEST_F(CpuMemory, is_counted_right_by_many_threads) {
  const auto work = [] {
    const MemoryScope scope("model", "threads");
    for (int i = 0; i < 500; i++) tensor_of(1000 + 1000 * (i % 100));
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; i++) threads.emplace_back(work);
  }
  EXPECT_EQ(more(), 0u);
  EXPECT_EQ(stage_memory("model", "threads").current, 0u);
  EXPECT_GE(stage_memory("model", "threads").peak, 100'000u);
}

TEST_F(CpuMemory, of_other_devices_is_none_where_they_are_not_used) {
  for (const char* device : {"cuda:0", "cuda:7", "nonsense", ""}) {
    EXPECT_EQ(device_memory(device).current, 0u) << device;
    reset_device_memory_peak(device);
  }
  const at::Tensor tensor = tensor_of(1000);
  EXPECT_EQ(device_memory("cpu").current, cpu_memory().current);
}

}  // namespace
}  // namespace gsttorch
