// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/gsttorchmemory.h"

#include <cstdint>
#include <cstring>
#include <mutex>
#include <new>
#include <utility>

#include "lib/base/block_pool.h"
#include "lib/gst/gsttorchmemory-private.h"
#include "lib/gst/runtime/results_account.h"

using gsttorch::BlockPool;
using gsttorch::BlockPoolStats;
using gsttorch::BlockSource;
using gsttorch::HostBlockSource;
using gsttorch::kBlockAlignment;
using gsttorch::ResultsAccount;

GST_DEBUG_CATEGORY_STATIC(gst_torch_memory_debug);
#define GST_CAT_DEFAULT gst_torch_memory_debug

namespace {

constexpr guint64 kDefaultMaxIdleBytes = guint64{128} << 20;  // 40 frames of 1080p NV12

/// Memory over an array, over a block, or (with a parent) over a region of either.
struct TorchMemory {
  GstMemory base;
  GstTorchArray array = {};  // has no handle for a block
  void* block = nullptr;     // as the pool returned it
  gsize block_bytes = 0;     // as requested from the pool
  guint8* data = nullptr;    // the block's first byte with the requested alignment
};

TorchMemory* torch_memory(GstMemory* memory) { return reinterpret_cast<TorchMemory*>(memory); }

/// The memory that owns the array or the block.
TorchMemory* root_of(GstMemory* memory) {
  return torch_memory(memory->parent ? memory->parent : memory);
}

/// The memory's array, if the memory is the whole array.
const GstTorchArray* whole_array(GstMemory* memory) {
  if (!gst_is_torch_memory(memory)) return nullptr;
  const GstTorchArray& array = root_of(memory)->array;
  const bool whole = array.handle && memory->offset == 0 && memory->size == array.bytes;
  return whole ? &array : nullptr;
}

/// A source that calls the given C functions.
class ForeignBlockSource final : public BlockSource {
 public:
  explicit ForeignBlockSource(const GstTorchBlocks& blocks) : blocks_(blocks) {}
  ~ForeignBlockSource() override { blocks_.destroy(blocks_.handle); }
  ForeignBlockSource(const ForeignBlockSource&) = delete;
  ForeignBlockSource& operator=(const ForeignBlockSource&) = delete;

  void* allocate(std::size_t bytes) noexcept override {
    return blocks_.allocate(blocks_.handle, bytes);
  }
  void free(void* block, std::size_t bytes) noexcept override {
    blocks_.free(blocks_.handle, block, bytes);
  }

 private:
  const GstTorchBlocks blocks_;
};

struct ArrayCounts {
  std::mutex mutex;
  // Guarded by mutex.
  guint64 live = 0;
  guint64 bytes = 0;

  void add(gsize size) {
    const std::lock_guard lock(mutex);
    live++;
    bytes += size;
  }
  void remove(gsize size) {
    const std::lock_guard lock(mutex);
    live--;
    bytes -= size;
  }
};

struct Impl {
  explicit Impl(const std::shared_ptr<BlockSource>& source)
      : blocks(source, kDefaultMaxIdleBytes) {}

  BlockPool blocks;
  ArrayCounts arrays;
};

}  // namespace

struct _GstTorchAllocator {
  GstAllocator parent;
  Impl* impl;
};

G_DEFINE_TYPE_WITH_CODE(GstTorchAllocator, gst_torch_allocator, GST_TYPE_ALLOCATOR,
                        GST_DEBUG_CATEGORY_INIT(gst_torch_memory_debug, "torchmemory", 0,
                                                "memory of gst-plugins-torch"))

namespace {

enum Property { kPropMaxIdleBytes = 1, kPropStats };

gpointer map_memory(GstMemory* memory, gsize maxsize, GstMapFlags flags) noexcept {
  const TorchMemory* root = root_of(memory);
  if (!root->array.handle) return root->data;
  const gconstpointer elements = root->array.read(root->array.handle);
  if (!elements) GST_WARNING_OBJECT(memory->allocator, "cannot read the elements of an array");
  return const_cast<gpointer>(elements);
}

void unmap_memory(GstMemory* memory) noexcept {}

GstMemory* share_memory(GstMemory* memory, gssize offset, gssize size) noexcept {
  GstMemory* parent = memory->parent ? memory->parent : memory;
  const gsize shared_size = size == -1 ? memory->size - offset : static_cast<gsize>(size);
  auto* share = new (std::nothrow) TorchMemory();
  if (!share) return nullptr;
  const auto flags = static_cast<GstMemoryFlags>(GST_MINI_OBJECT_FLAGS(parent) |
                                                 GST_MINI_OBJECT_FLAG_LOCK_READONLY);
  gst_memory_init(&share->base, flags, memory->allocator, parent, memory->maxsize, memory->align,
                  memory->offset + offset, shared_size);
  return &share->base;
}

/// Whether both are adjacent regions of one memory.
gboolean memory_is_span(GstMemory* first, GstMemory* second, gsize* offset) noexcept {
  if (offset) *offset = first->offset - first->parent->offset;
  return first->offset + first->size == second->offset;
}

/// The first byte at or after `block` whose address has none of the bits of `align` set.
guint8* aligned(void* block, gsize align) {
  const auto address = reinterpret_cast<std::uintptr_t>(block);
  return reinterpret_cast<guint8*>((address + align) & ~static_cast<std::uintptr_t>(align));
}

void clear_edges(const TorchMemory* memory, const GstAllocationParams& params) {
  const GstMemory& base = memory->base;
  const gsize end = base.offset + base.size;
  if (base.offset && (params.flags & GST_MEMORY_FLAG_ZERO_PREFIXED)) {
    std::memset(memory->data, 0, base.offset);
  }
  if (params.flags & GST_MEMORY_FLAG_ZERO_PADDED) {
    std::memset(memory->data + end, 0, base.maxsize - end);
  }
}

GstMemory* alloc_block(GstAllocator* allocator, gsize size, GstAllocationParams* params) noexcept {
  const gsize align = params->align | gst_memory_alignment;
  const gsize slack = align >= kBlockAlignment ? align : 0;
  gsize maxsize = 0, bytes = 0;
  if (!g_size_checked_add(&maxsize, size, params->prefix) ||
      !g_size_checked_add(&maxsize, maxsize, params->padding) ||
      !g_size_checked_add(&bytes, maxsize, slack)) {
    return nullptr;
  }
  auto* memory = new (std::nothrow) TorchMemory();
  if (!memory) return nullptr;
  memory->block = GST_TORCH_ALLOCATOR(allocator)->impl->blocks.take(bytes);
  if (!memory->block) {
    GST_WARNING_OBJECT(allocator, "cannot allocate a block of %" G_GSIZE_FORMAT " bytes", bytes);
    delete memory;
    return nullptr;
  }
  memory->block_bytes = bytes;
  memory->data = aligned(memory->block, slack);
  gst_memory_init(&memory->base, params->flags, allocator, nullptr, maxsize, align, params->prefix,
                  size);
  clear_edges(memory, *params);
  return &memory->base;
}

void free_memory(GstAllocator* allocator, GstMemory* base) noexcept {
  TorchMemory* memory = torch_memory(base);
  Impl& impl = *GST_TORCH_ALLOCATOR(allocator)->impl;
  if (memory->block) impl.blocks.give(memory->block, memory->block_bytes);
  if (memory->array.handle) {
    impl.arrays.remove(memory->base.maxsize);
    ResultsAccount::instance().remove(memory->base.maxsize);
    memory->array.destroy(memory->array.handle);
  }
  delete memory;
}

GstStructure* new_stats(Impl& impl) {
  const BlockPoolStats blocks = impl.blocks.stats();
  const std::lock_guard lock(impl.arrays.mutex);
  return gst_structure_new(
      "application/x-gsttorch-stats", "live-blocks", G_TYPE_UINT64, guint64{blocks.live_blocks},
      "live-bytes", G_TYPE_UINT64, guint64{blocks.live_bytes}, "idle-blocks", G_TYPE_UINT64,
      guint64{blocks.idle_blocks}, "idle-bytes", G_TYPE_UINT64, guint64{blocks.idle_bytes},
      "allocations", G_TYPE_UINT64, guint64{blocks.allocations}, "reuses", G_TYPE_UINT64,
      guint64{blocks.reuses}, "live-arrays", G_TYPE_UINT64, impl.arrays.live, "array-bytes",
      G_TYPE_UINT64, impl.arrays.bytes, nullptr);
}

/// The allocator for results without a given allocator. Transfer full.
GstAllocator* shared_allocator() {
  static std::mutex mutex;
  static GWeakRef shared;  // zero-initialized is valid
  const std::lock_guard lock(mutex);
  auto* allocator = static_cast<GstAllocator*>(g_weak_ref_get(&shared));
  if (!allocator) {
    allocator = gst_torch_allocator_new();
    g_weak_ref_set(&shared, allocator);
  }
  return allocator;
}

}  // namespace

static void gst_torch_allocator_class_init(GstTorchAllocatorClass* klass) {
  auto* object_class = G_OBJECT_CLASS(klass);
  object_class->finalize = [](GObject* object) {
    delete GST_TORCH_ALLOCATOR(object)->impl;
    G_OBJECT_CLASS(gst_torch_allocator_parent_class)->finalize(object);
  };
  object_class->set_property = [](GObject* object, guint id, const GValue* value, GParamSpec*) {
    GST_TORCH_ALLOCATOR(object)->impl->blocks.set_max_idle_bytes(g_value_get_uint64(value));
  };
  object_class->get_property = [](GObject* object, guint id, GValue* value, GParamSpec*) {
    Impl& impl = *GST_TORCH_ALLOCATOR(object)->impl;
    if (id == kPropStats) {
      g_value_take_boxed(value, new_stats(impl));
    } else {
      g_value_set_uint64(value, impl.blocks.max_idle_bytes());
    }
  };
  auto* allocator_class = GST_ALLOCATOR_CLASS(klass);
  allocator_class->alloc = alloc_block;
  allocator_class->free = free_memory;

  /**
   * GstTorchAllocator:max-idle-bytes:
   *
   * Maximum size in bytes of freed blocks that are kept for reuse; 0 keeps none.
   */
  g_object_class_install_property(
      object_class, kPropMaxIdleBytes,
      g_param_spec_uint64("max-idle-bytes", "Maximum idle bytes",
                          "Maximum size of freed blocks that are kept for reuse, in bytes", 0,
                          G_MAXUINT64, kDefaultMaxIdleBytes,
                          static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                                   GST_PARAM_MUTABLE_PLAYING)));
  /**
   * GstTorchAllocator:stats:
   *
   * Counters, all guint64: `live-blocks` and `live-bytes` in use, `idle-blocks` and `idle-bytes`
   * kept for reuse, `allocations` (blocks newly allocated), `reuses` (blocks reused), `live-arrays`
   * and `array-bytes` of results.
   */
  g_object_class_install_property(
      object_class, kPropStats,
      g_param_spec_boxed("stats", "Statistics",
                         "Numbers and sizes of blocks and arrays that are in use, kept or reused",
                         GST_TYPE_STRUCTURE,
                         static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));
}

static void gst_torch_allocator_init(GstTorchAllocator* self) {
  self->impl = new Impl(std::make_shared<HostBlockSource>());
  GstAllocator* allocator = GST_ALLOCATOR_CAST(self);
  allocator->mem_type = GST_TORCH_MEMORY_TYPE;
  allocator->mem_map = map_memory;
  allocator->mem_unmap = unmap_memory;
  allocator->mem_share = share_memory;
  allocator->mem_is_span = memory_is_span;
  // The default function makes copies: it maps the memory and gets a block from this allocator.
}

GType gst_torch_element_type_get_type(void) {
  static const GType type = [] {
    static const GEnumValue values[] = {{GST_TORCH_ELEMENT_NONE, "No array", "none"},
                                        {GST_TORCH_ELEMENT_F32, "32-bit floating point", "f32"},
                                        {GST_TORCH_ELEMENT_F16, "16-bit floating point", "f16"},
                                        {0, nullptr, nullptr}};
    return g_enum_register_static("GstTorchElementType", values);
  }();
  return type;
}

/**
 * gst_torch_allocator_new:
 *
 * Creates an allocator with its own blocks. Elements share the runtime's allocator instead.
 *
 * Returns: (transfer full): a new allocator
 */
GstAllocator* gst_torch_allocator_new(void) {
  auto* allocator = static_cast<GstAllocator*>(
      g_object_new(GST_TYPE_TORCH_ALLOCATOR, "name", GST_TORCH_ALLOCATOR_NAME, nullptr));
  gst_object_ref_sink(allocator);
  return allocator;
}

GstAllocator* gst_torch_allocator_new_with_blocks(const GstTorchBlocks* blocks) {
  g_return_val_if_fail(blocks && blocks->handle, nullptr);
  GstAllocator* allocator = gst_torch_allocator_new();
  GstTorchAllocator* self = GST_TORCH_ALLOCATOR(allocator);
  delete std::exchange(self->impl, new Impl(std::make_shared<ForeignBlockSource>(*blocks)));
  return allocator;
}

GstMemory* gst_torch_memory_new_array(GstAllocator* allocator, const GstTorchArray* array) {
  g_return_val_if_fail(!allocator || GST_IS_TORCH_ALLOCATOR(allocator), nullptr);
  g_return_val_if_fail(array && array->handle, nullptr);
  auto* memory = new (std::nothrow) TorchMemory();
  if (!memory) {
    array->destroy(array->handle);
    return nullptr;
  }
  memory->array = *array;
  const gsize size = array->bytes;
  GstAllocator* owner = allocator ? GST_ALLOCATOR(gst_object_ref(allocator)) : shared_allocator();
  gst_memory_init(&memory->base, GST_MEMORY_FLAG_READONLY, owner, nullptr, size,
                  gst_memory_alignment, 0, size);
  GST_TORCH_ALLOCATOR(owner)->impl->arrays.add(size);
  ResultsAccount::instance().add(size);
  gst_object_unref(owner);  // the memory has its own reference
  return &memory->base;
}

gboolean gst_torch_results_fit(gsize bytes, guint64* used, guint64* bound) {
  const ResultsAccount& account = ResultsAccount::instance();
  *used = account.bytes();
  *bound = account.bound();
  return account.fits(bytes);
}

/**
 * gst_is_torch_memory:
 * @memory: any memory
 *
 * Returns: whether @memory belongs to a #GstTorchAllocator
 */
gboolean gst_is_torch_memory(GstMemory* memory) {
  g_return_val_if_fail(memory != nullptr, FALSE);
  return memory->allocator && GST_IS_TORCH_ALLOCATOR(memory->allocator);
}

/**
 * gst_torch_memory_get_shape:
 * @memory: any memory
 * @n_dims: (out): number of dimensions
 *
 * Gets the sizes of an array, slowest dimension first: [height, width, 2] for flow, [height, width]
 * for a confidence, [count, 6] for matches.
 *
 * Returns: (transfer none) (nullable) (array length=n_dims): the sizes, valid as long as @memory,
 *   or %NULL (and 0 in @n_dims) if @memory is not an array of this library, or is a part of one
 */
const gint64* gst_torch_memory_get_shape(GstMemory* memory, guint* n_dims) {
  g_return_val_if_fail(n_dims != nullptr, nullptr);
  *n_dims = 0;
  g_return_val_if_fail(memory != nullptr, nullptr);
  const GstTorchArray* array = whole_array(memory);
  if (!array) return nullptr;
  *n_dims = array->n_dims;
  return array->shape;
}

/**
 * gst_torch_memory_get_element_type:
 * @memory: any memory
 *
 * Returns: the type of the array's elements; %GST_TORCH_ELEMENT_NONE if @memory is not an array of
 *   this library, or is a part of one
 */
GstTorchElementType gst_torch_memory_get_element_type(GstMemory* memory) {
  g_return_val_if_fail(memory != nullptr, GST_TORCH_ELEMENT_NONE);
  const GstTorchArray* array = whole_array(memory);
  return array ? array->type : GST_TORCH_ELEMENT_NONE;
}
