// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
/// Functions of the library that only this project's plugins use; not installed. Exported functions
/// use C types, so that the library and its users may be built with different C++ libraries; the
/// functions after them are compiled into the plugins.
#pragma once

#include <memory>

#include "lib/base/block_source.h"
#include "lib/engine/tensor.h"
#include "lib/gst/gsttorchmemory.h"

G_BEGIN_DECLS

/// An array. Its functions may be called from any thread and do not throw.
typedef struct {
  gpointer handle;
  const gint64* shape;  // valid as long as the handle
  guint n_dims;
  GstTorchElementType type;
  gsize bytes;
  gconstpointer (*read)(gpointer handle);  // elements in host memory; NULL on failure
  GDestroyNotify destroy;
} GstTorchArray;

/// A source of memory blocks; the same rules apply. `allocate` returns a multiple of
/// kBlockAlignment, or NULL if there is no memory.
typedef struct {
  gpointer handle;
  gpointer (*allocate)(gpointer handle, gsize bytes);
  void (*free)(gpointer handle, gpointer block, gsize bytes);
  GDestroyNotify destroy;
} GstTorchBlocks;

/// Creates an allocator that uses these blocks and takes ownership of the handle. Transfer full.
GST_TORCH_API GstAllocator* gst_torch_allocator_new_with_blocks(const GstTorchBlocks* blocks);

/// Creates read-only memory over an array and takes ownership of its handle; the elements are read
/// when the memory is mapped. If `allocator` is NULL, the memory uses a shared allocator that
/// exists as long as such memory does. Transfer full; NULL if there is no memory.
GST_TORCH_API GstMemory* gst_torch_memory_new_array(GstAllocator* allocator,
                                                    const GstTorchArray* array);

/// Whether that many more bytes of arrays fit into the share of memory that results may use; also
/// returns the current use and that share.
GST_TORCH_API gboolean gst_torch_results_fit(gsize bytes, guint64* used, guint64* bound);

G_END_DECLS

namespace gsttorch {

/// Creates an allocator that uses these blocks. Transfer full.
GstAllocator* new_allocator(const std::shared_ptr<BlockSource>& source);

/// Creates memory over a tensor and keeps the tensor; see gst_torch_memory_new_array().
GstMemory* new_tensor_memory(GstAllocator* allocator, const TensorHandle& tensor);

}  // namespace gsttorch
