// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Wraps tensors and block sources in the C handles and functions that the library expects.
#include <cstdint>

#include "lib/gst/gsttorchmemory-private.h"

namespace gsttorch {
namespace {

// A handle is a shared pointer on the heap.
template <typename T>
const std::shared_ptr<T>& shared(gpointer handle) {
  return *static_cast<std::shared_ptr<T>*>(handle);
}

template <typename T>
void destroy(gpointer handle) noexcept {
  delete static_cast<std::shared_ptr<T>*>(handle);
}

gconstpointer read(gpointer handle) noexcept {
  try {
    return shared<Tensor>(handle)->host_data();
  } catch (...) {
    return nullptr;
  }
}

}  // namespace

GstAllocator* new_allocator(const std::shared_ptr<BlockSource>& source) {
  const GstTorchBlocks blocks = {
      new std::shared_ptr<BlockSource>(source),
      [](gpointer handle, gsize bytes) noexcept {
        return static_cast<gpointer>(shared<BlockSource>(handle)->allocate(bytes));
      },
      [](gpointer handle, gpointer block, gsize bytes) noexcept {
        shared<BlockSource>(handle)->free(block, bytes);
      },
      destroy<BlockSource>};
  return gst_torch_allocator_new_with_blocks(&blocks);
}

GstMemory* new_tensor_memory(GstAllocator* allocator, const TensorHandle& tensor) {
  g_return_val_if_fail(tensor, nullptr);
  static_assert(sizeof(gint64) == sizeof(std::int64_t));
  const GstTorchArray array = {
      new TensorHandle(tensor),
      reinterpret_cast<const gint64*>(tensor->shape().data()),
      static_cast<guint>(tensor->shape().size()),
      tensor->type() == DataType::Float16 ? GST_TORCH_ELEMENT_F16 : GST_TORCH_ELEMENT_F32,
      tensor->bytes(),
      read,
      destroy<Tensor>};
  return gst_torch_memory_new_array(allocator, &array);
}

}  // namespace gsttorch
