// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <cstdint>
#include <cstring>
#include <numeric>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/gst/gsttorchmemory-private.h"
#include "lib/gst/gsttorchmemory.h"
#include "lib/gst/tensor_buffer.h"
#include "tests/support/gst_support.h"

namespace gsttorch {
namespace {

using ::testing::ElementsAre;

constexpr gsize kBytes = 2 * 3 * 2 * sizeof(float);

/// A tensor without an engine; it counts its live instances.
class FakeTensor : public Tensor {
 public:
  explicit FakeTensor(int* alive = nullptr) : values_(12), alive_(alive) {
    std::iota(values_.begin(), values_.end(), 0.f);
    if (alive_) ++*alive_;
  }
  ~FakeTensor() override {
    if (alive_) --*alive_;
  }
  const std::vector<std::int64_t>& shape() const override { return shape_; }
  DataType type() const override { return type_; }
  std::size_t bytes() const override { return kBytes; }
  const void* host_data() override {
    reads++;
    if (throws) throw std::runtime_error("device lost");
    return readable ? values_.data() : nullptr;
  }

  bool readable = true;
  bool throws = false;
  int reads = 0;
  DataType type_ = DataType::Float32;

 private:
  std::vector<std::int64_t> shape_ = {2, 3, 2};
  std::vector<float> values_;
  int* alive_;
};

/// An allocator with a weak reference, which tells whether it was finalised.
class WatchedAllocator {
 public:
  explicit WatchedAllocator(GstAllocator* allocator = gst_torch_allocator_new())
      : ref_(Ref<GstAllocator>::adopt(allocator)) {
    g_weak_ref_init(&watched_, allocator);
  }
  ~WatchedAllocator() { g_weak_ref_clear(&watched_); }
  WatchedAllocator(const WatchedAllocator&) = delete;
  WatchedAllocator& operator=(const WatchedAllocator&) = delete;

  GstAllocator* get() const { return ref_.get(); }
  void drop() { ref_ = {}; }
  bool is_alive() {
    return static_cast<bool>(
        Ref<GstAllocator>::adopt(static_cast<GstAllocator*>(g_weak_ref_get(&watched_))));
  }

  guint64 stat(const char* field) const {
    GstStructure* stats = nullptr;
    g_object_get(get(), "stats", &stats, nullptr);
    guint64 value = G_MAXUINT64;
    EXPECT_TRUE(gst_structure_get_uint64(stats, field, &value)) << field;
    gst_structure_free(stats);
    return value;
  }

 private:
  Ref<GstAllocator> ref_;
  GWeakRef watched_;
};

Ref<GstMemory> tensor_memory(const WatchedAllocator& allocator, const TensorHandle& tensor) {
  return Ref<GstMemory>::adopt(new_tensor_memory(allocator.get(), tensor));
}

Ref<GstMemory> block(const WatchedAllocator& allocator, gsize size,
                     GstAllocationParams* params = nullptr) {
  return Ref<GstMemory>::adopt(gst_allocator_alloc(allocator.get(), size, params));
}

std::vector<float> floats_of(GstMemory* memory) {
  GstMapInfo map;
  if (!gst_memory_map(memory, &map, GST_MAP_READ)) return {};
  std::vector<float> values(map.size / sizeof(float));
  std::memcpy(values.data(), map.data, map.size);
  gst_memory_unmap(memory, &map);
  return values;
}

bool can_map(GstMemory* memory, GstMapFlags flags) {
  GstMapInfo map;
  if (!gst_memory_map(memory, &map, flags)) return false;
  gst_memory_unmap(memory, &map);
  return true;
}

std::vector<gint64> shape_of(GstMemory* memory) {
  guint n_dims = 7;
  const gint64* dims = gst_torch_memory_get_shape(memory, &n_dims);
  EXPECT_EQ(dims == nullptr, n_dims == 0);
  return {dims, dims + n_dims};
}

TEST(TorchMemory, over_a_tensor_is_its_elements_without_a_copy) {
  const WatchedAllocator allocator;
  const auto tensor = std::make_shared<FakeTensor>();
  const auto memory = tensor_memory(allocator, tensor);
  GstMapInfo map;
  ASSERT_TRUE(gst_memory_map(memory.get(), &map, GST_MAP_READ));
  EXPECT_EQ(map.data, tensor->host_data());
  EXPECT_EQ(map.size, kBytes);
  gst_memory_unmap(memory.get(), &map);
}

TEST(TorchMemory, over_a_tensor_says_what_it_is) {
  const WatchedAllocator allocator;
  const auto tensor = std::make_shared<FakeTensor>();
  const auto memory = tensor_memory(allocator, tensor);
  EXPECT_TRUE(gst_is_torch_memory(memory.get()));
  EXPECT_TRUE(gst_memory_is_type(memory.get(), "TorchMemory"));
  EXPECT_THAT(shape_of(memory.get()), ElementsAre(2, 3, 2));
  EXPECT_EQ(gst_torch_memory_get_element_type(memory.get()), GST_TORCH_ELEMENT_F32);
  tensor->type_ = DataType::Float16;
  const auto half = tensor_memory(allocator, tensor);
  EXPECT_EQ(gst_torch_memory_get_element_type(half.get()), GST_TORCH_ELEMENT_F16);
}

TEST(TorchMemory, that_is_no_array_says_so) {
  const WatchedAllocator allocator;
  const auto mine = block(allocator, kBytes);
  EXPECT_TRUE(gst_is_torch_memory(mine.get()));
  EXPECT_THAT(shape_of(mine.get()), ElementsAre());
  EXPECT_EQ(gst_torch_memory_get_element_type(mine.get()), GST_TORCH_ELEMENT_NONE);
  const auto other = Ref<GstMemory>::adopt(gst_allocator_alloc(nullptr, kBytes, nullptr));
  EXPECT_FALSE(gst_is_torch_memory(other.get()));
  EXPECT_THAT(shape_of(other.get()), ElementsAre());
  EXPECT_EQ(gst_torch_memory_get_element_type(other.get()), GST_TORCH_ELEMENT_NONE);
}

TEST(TorchMemory, asks_a_tensor_for_its_elements_only_when_mapped) {
  const WatchedAllocator allocator;
  const auto tensor = std::make_shared<FakeTensor>();
  const auto memory = tensor_memory(allocator, tensor);
  EXPECT_EQ(tensor->reads, 0);
  EXPECT_TRUE(can_map(memory.get(), GST_MAP_READ));
  EXPECT_EQ(tensor->reads, 1);
}

TEST(TorchMemory, frees_the_tensor_and_the_allocator_exactly_with_the_last_memory) {
  int tensors = 0;
  WatchedAllocator allocator;
  auto first = tensor_memory(allocator, std::make_shared<FakeTensor>(&tensors));
  auto second = block(allocator, 10);
  EXPECT_EQ(tensors, 1);
  EXPECT_EQ(allocator.stat("live-arrays"), 1u);
  EXPECT_EQ(allocator.stat("array-bytes"), kBytes);
  allocator.drop();
  EXPECT_TRUE(allocator.is_alive());
  first = {};
  EXPECT_EQ(tensors, 0);
  EXPECT_TRUE(allocator.is_alive());
  second = {};
  EXPECT_FALSE(allocator.is_alive());
}

TEST(TorchMemory, counts_no_array_that_is_gone) {
  const WatchedAllocator allocator;
  tensor_memory(allocator, std::make_shared<FakeTensor>());
  EXPECT_EQ(allocator.stat("live-arrays"), 0u);
  EXPECT_EQ(allocator.stat("array-bytes"), 0u);
}

TEST(TorchMemory, of_a_buffer_outlives_everything_else) {
  int tensors = 0;
  WatchedAllocator allocator;
  auto buffer = wrap_tensor(std::make_shared<FakeTensor>(&tensors), allocator.get());
  auto copy = Ref<GstBuffer>::adopt(gst_buffer_copy(buffer.get()));
  allocator.drop();
  buffer = {};
  EXPECT_EQ(tensors, 1);
  EXPECT_TRUE(allocator.is_alive());
  EXPECT_EQ(floats_of(gst_buffer_peek_memory(copy.get(), 0))[11], 11);
  copy = {};
  EXPECT_EQ(tensors, 0);
  EXPECT_FALSE(allocator.is_alive());
}

TEST(TorchMemory, of_results_without_an_allocator_share_one_that_goes_with_them) {
  auto first = wrap_tensor(std::make_shared<FakeTensor>());
  auto second = wrap_tensor(std::make_shared<FakeTensor>());
  GstAllocator* shared = gst_buffer_peek_memory(first.get(), 0)->allocator;
  EXPECT_EQ(gst_buffer_peek_memory(second.get(), 0)->allocator, shared);
  WatchedAllocator allocator(GST_ALLOCATOR(gst_object_ref(shared)));
  allocator.drop();
  first = {};
  EXPECT_TRUE(allocator.is_alive());
  second = {};
  EXPECT_FALSE(allocator.is_alive());
  EXPECT_TRUE(wrap_tensor(std::make_shared<FakeTensor>())) << "there is a new one";
}

TEST(TorchMemory, over_a_tensor_shares_regions_of_itself) {
  int tensors = 0;
  const WatchedAllocator allocator;
  auto memory = tensor_memory(allocator, std::make_shared<FakeTensor>(&tensors));
  auto rows = Ref<GstMemory>::adopt(gst_memory_share(memory.get(), kBytes / 2, kBytes / 2));
  auto vector = Ref<GstMemory>::adopt(gst_memory_share(rows.get(), 8, 8));
  EXPECT_EQ(rows.get()->parent, memory.get());
  EXPECT_EQ(vector.get()->parent, memory.get());
  memory = {};
  rows = {};
  EXPECT_EQ(tensors, 1);
  EXPECT_THAT(floats_of(vector.get()), ElementsAre(8, 9));
  EXPECT_THAT(shape_of(vector.get()), ElementsAre());
  EXPECT_FALSE(can_map(vector.get(), GST_MAP_WRITE));
  vector = {};
  EXPECT_EQ(tensors, 0);
}

TEST(TorchMemory, shared_as_a_whole_keeps_its_shape) {
  const WatchedAllocator allocator;
  const auto memory = tensor_memory(allocator, std::make_shared<FakeTensor>());
  const auto whole = Ref<GstMemory>::adopt(gst_memory_share(memory.get(), 0, -1));
  EXPECT_THAT(shape_of(whole.get()), ElementsAre(2, 3, 2));
}

TEST(TorchMemory, regions_that_follow_each_other_are_a_span) {
  const WatchedAllocator allocator;
  const auto memory = tensor_memory(allocator, std::make_shared<FakeTensor>());
  const auto first = Ref<GstMemory>::adopt(gst_memory_share(memory.get(), 8, 16));
  const auto second = Ref<GstMemory>::adopt(gst_memory_share(memory.get(), 24, 8));
  gsize offset = 0;
  EXPECT_TRUE(gst_memory_is_span(first.get(), second.get(), &offset));
  EXPECT_EQ(offset, 8u);
  EXPECT_FALSE(gst_memory_is_span(second.get(), first.get(), &offset));
}

TEST(TorchMemory, over_a_tensor_is_copied_to_writable_memory) {
  const WatchedAllocator allocator;
  const auto tensor = std::make_shared<FakeTensor>();
  const auto memory = tensor_memory(allocator, tensor);
  const auto copy = Ref<GstMemory>::adopt(gst_memory_copy(memory.get(), 8, 8));
  EXPECT_THAT(floats_of(copy.get()), ElementsAre(2, 3));
  EXPECT_TRUE(can_map(copy.get(), GST_MAP_WRITE));
  EXPECT_EQ(copy.get()->allocator, allocator.get());
}

TEST(TorchMemory, over_a_tensor_refuses_to_be_written) {
  const WatchedAllocator allocator;
  const auto memory = tensor_memory(allocator, std::make_shared<FakeTensor>());
  EXPECT_FALSE(can_map(memory.get(), GST_MAP_WRITE));
  EXPECT_FALSE(can_map(memory.get(), GST_MAP_READWRITE));
  EXPECT_TRUE(can_map(memory.get(), GST_MAP_READ));
}

TEST(TorchMemory, of_a_buffer_is_copied_when_the_buffer_is_written) {
  const auto tensor = std::make_shared<FakeTensor>();
  const auto buffer =
      Ref<GstBuffer>::adopt(gst_buffer_make_writable(wrap_tensor(tensor).release()));
  GstMapInfo map;
  ASSERT_TRUE(gst_buffer_map(buffer.get(), &map, GST_MAP_READWRITE));
  EXPECT_NE(map.data, tensor->host_data());
  const float seven = 7;
  std::memcpy(map.data, &seven, sizeof seven);
  gst_buffer_unmap(buffer.get(), &map);
  EXPECT_EQ(floats_of(gst_buffer_peek_memory(buffer.get(), 0))[0], 7);
  EXPECT_EQ(static_cast<const float*>(tensor->host_data())[0], 0);
}

TEST(TorchMemory, cannot_be_mapped_where_the_elements_cannot_be_had) {
  const auto tensor = std::make_shared<FakeTensor>();
  const auto buffer = wrap_tensor(tensor);
  GstMapInfo map;
  for (const bool throws : {false, true}) {
    tensor->readable = false;
    tensor->throws = throws;
    EXPECT_FALSE(gst_buffer_map(buffer.get(), &map, GST_MAP_READ));
    EXPECT_EQ(gst_memory_copy(gst_buffer_peek_memory(buffer.get(), 0), 0, -1), nullptr);
  }
  tensor->readable = true;
  tensor->throws = false;
  EXPECT_TRUE(can_map(gst_buffer_peek_memory(buffer.get(), 0), GST_MAP_READ)) << "no lock is left";
}

TEST(TorchBlocks, are_aligned_and_have_the_room_that_was_asked_for) {
  const WatchedAllocator allocator;
  for (const gsize align : {gsize{0}, gsize{15}, gsize{31}, gsize{63}, gsize{127}, gsize{4095}}) {
    GstAllocationParams params;
    gst_allocation_params_init(&params);
    params.align = align;
    params.prefix = 256;
    params.padding = 100;
    const auto memory = block(allocator, 1000, &params);
    ASSERT_TRUE(memory);
    gsize offset = 0, maxsize = 0;
    EXPECT_EQ(gst_memory_get_sizes(memory.get(), &offset, &maxsize), 1000u);
    EXPECT_EQ(offset, 256u);
    EXPECT_EQ(maxsize, 1356u);
    EXPECT_EQ(memory.get()->align & align, align);
    GstMapInfo map;
    ASSERT_TRUE(gst_memory_map(memory.get(), &map, GST_MAP_WRITE));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(map.data - offset) & align, 0u) << align;
    std::memset(map.data - offset, 1, maxsize);  // AddressSanitizer checks that the memory exists
    gst_memory_unmap(memory.get(), &map);
  }
}

TEST(TorchBlocks, clear_prefix_and_padding_where_asked_even_of_a_used_block) {
  const WatchedAllocator allocator;
  GstAllocationParams params;
  gst_allocation_params_init(&params);
  params.prefix = 64;
  params.padding = 32;
  const auto edges = [&] {
    const auto memory = block(allocator, 100, &params);
    GstMapInfo map;
    EXPECT_TRUE(gst_memory_map(memory.get(), &map, GST_MAP_WRITE));
    const guint sum = std::accumulate(map.data - 64, map.data, 0u) +
                      std::accumulate(map.data + 100, map.data + 132, 0u);
    std::memset(map.data - 64, 1, 196);
    gst_memory_unmap(memory.get(), &map);
    return sum;
  };
  edges();
  EXPECT_EQ(edges(), 96u) << "the same block again, as it was left";
  params.flags = static_cast<GstMemoryFlags>(GST_MEMORY_FLAG_ZERO_PREFIXED);
  EXPECT_EQ(edges(), 32u);
  params.flags = static_cast<GstMemoryFlags>(GST_MEMORY_FLAG_ZERO_PADDED);
  EXPECT_EQ(edges(), 64u);
  EXPECT_EQ(allocator.stat("reuses"), 3u);
}

TEST(TorchBlocks, are_reused_when_a_frame_is_freed_before_the_next) {
  const WatchedAllocator allocator;
  constexpr gsize kFrame = 1920 * 1080 * 3 / 2;
  for (int frame = 0; frame < 40; frame++) {
    const auto first = block(allocator, kFrame), second = block(allocator, kFrame);
    EXPECT_EQ(allocator.stat("live-blocks"), 2u);
    EXPECT_GE(allocator.stat("live-bytes"), 2 * kFrame);
  }
  EXPECT_EQ(allocator.stat("allocations"), 2u);
  EXPECT_EQ(allocator.stat("reuses"), 78u);
  EXPECT_EQ(allocator.stat("live-blocks"), 0u);
  EXPECT_EQ(allocator.stat("idle-blocks"), 2u);
}

TEST(TorchBlocks, are_kept_no_further_than_the_bound) {
  const WatchedAllocator allocator;
  guint64 bound = 0;
  g_object_set(allocator.get(), "max-idle-bytes", guint64{10000}, nullptr);
  g_object_get(allocator.get(), "max-idle-bytes", &bound, nullptr);
  EXPECT_EQ(bound, 10000u);
  std::vector<Ref<GstMemory>> frames;
  for (int i = 0; i < 5; i++) frames.push_back(block(allocator, 3000));
  EXPECT_EQ(allocator.stat("live-blocks"), 5u);
  frames.clear();
  EXPECT_EQ(allocator.stat("live-blocks"), 0u);
  EXPECT_EQ(allocator.stat("idle-blocks"), 3u);
  EXPECT_LE(allocator.stat("idle-bytes"), 10000u);
}

TEST(TorchBlocks, share_regions_that_keep_the_block) {
  WatchedAllocator allocator;
  auto memory = block(allocator, 100);
  GstMapInfo map;
  ASSERT_TRUE(gst_memory_map(memory.get(), &map, GST_MAP_WRITE));
  std::iota(map.data, map.data + 100, guint8{0});
  gst_memory_unmap(memory.get(), &map);
  auto region = Ref<GstMemory>::adopt(gst_memory_share(memory.get(), 10, 5));
  memory = {};
  EXPECT_EQ(allocator.stat("live-blocks"), 1u);
  ASSERT_TRUE(gst_memory_map(region.get(), &map, GST_MAP_READ));
  EXPECT_EQ(map.size, 5u);
  EXPECT_EQ(map.data[4], 14);
  gst_memory_unmap(region.get(), &map);
  region = {};
  EXPECT_EQ(allocator.stat("live-blocks"), 0u);
}

TEST(TorchBlocks, of_an_absurd_size_are_not_to_be_had) {
  const WatchedAllocator allocator;
  GstAllocationParams params;
  gst_allocation_params_init(&params);
  EXPECT_FALSE(block(allocator, G_MAXSIZE));
  params.prefix = G_MAXSIZE - 10;
  EXPECT_FALSE(block(allocator, 100, &params));
  params.prefix = 0;
  params.align = 4095;
  EXPECT_FALSE(block(allocator, G_MAXSIZE - 100, &params));
  EXPECT_EQ(allocator.stat("live-blocks"), 0u);
}

/// A block source with a single block in its own storage.
class OneBlock : public BlockSource {
 public:
  void* allocate(std::size_t bytes) noexcept override {
    if (given || bytes > sizeof storage) return nullptr;
    given = true;
    return storage;
  }
  void free(void* block, std::size_t) noexcept override {
    EXPECT_EQ(block, storage);
    given = false;
  }

  bool given = false;
  alignas(kBlockAlignment) unsigned char storage[4096];
};

TEST(TorchBlocks, come_from_the_source_that_the_allocator_was_given) {
  const auto source = std::make_shared<OneBlock>();
  {
    const WatchedAllocator allocator(new_allocator(source));
    const auto memory = block(allocator, 1000);
    GstMapInfo map;
    ASSERT_TRUE(gst_memory_map(memory.get(), &map, GST_MAP_WRITE));
    EXPECT_EQ(map.data, source->storage);
    gst_memory_unmap(memory.get(), &map);
    EXPECT_FALSE(block(allocator, 1000)) << "there is only one";
  }
  EXPECT_FALSE(source->given);
}

TEST(TorchBlocks, serve_a_buffer_pool) {
  WatchedAllocator allocator;
  {
    const auto pool = Ref<GstBufferPool>::adopt(gst_buffer_pool_new());
    GstStructure* config = gst_buffer_pool_get_config(pool.get());
    gst_buffer_pool_config_set_params(config, nullptr, 3000, 2, 4);
    gst_buffer_pool_config_set_allocator(config, allocator.get(), nullptr);
    ASSERT_TRUE(gst_buffer_pool_set_config(pool.get(), config));
    ASSERT_TRUE(gst_buffer_pool_set_active(pool.get(), TRUE));
    for (int frame = 0; frame < 10; frame++) {
      GstBuffer* acquired = nullptr;
      ASSERT_EQ(gst_buffer_pool_acquire_buffer(pool.get(), &acquired, nullptr), GST_FLOW_OK);
      const auto buffer = Ref<GstBuffer>::adopt(acquired);
      EXPECT_TRUE(gst_is_torch_memory(gst_buffer_peek_memory(acquired, 0)));
      gst_buffer_memset(acquired, 0, 1, 3000);
    }
    EXPECT_EQ(allocator.stat("allocations"), 2u) << "the pool keeps its buffers";
    EXPECT_EQ(allocator.stat("live-blocks"), 2u);
    gst_buffer_pool_set_active(pool.get(), FALSE);
  }
  EXPECT_EQ(allocator.stat("live-blocks"), 0u);
  allocator.drop();
  EXPECT_FALSE(allocator.is_alive());
}

}  // namespace
}  // namespace gsttorch
