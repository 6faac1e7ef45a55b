// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
/// What the plugins of this project, and nobody else, use of the library. Not installed. What the
/// library exports has C types, so that it may be built with another C++ library than its users;
/// the functions after it are compiled into these.
#pragma once

#include <memory>

#include "lib/base/block_source.h"
#include "lib/engine/tensor.h"
#include "lib/gst/gsttorchmemory.h"

G_BEGIN_DECLS

/// An array, whose functions may be called by any thread and throw nothing.
typedef struct {
  gpointer handle;
  const gint64* shape;  // valid as long as the handle
  guint n_dims;
  GstTorchElementType type;
  gsize bytes;
  gconstpointer (*read)(gpointer handle);  // its elements in host memory; NULL where that failed
  GDestroyNotify destroy;
} GstTorchArray;

/// Where blocks come from; likewise. What `allocate` gives begins at a multiple of kBlockAlignment,
/// and is NULL where there is none to be had.
typedef struct {
  gpointer handle;
  gpointer (*allocate)(gpointer handle, gsize bytes);
  void (*free)(gpointer handle, gpointer block, gsize bytes);
  GDestroyNotify destroy;
} GstTorchBlocks;

/// An allocator whose blocks come from there; it takes the handle over. Transfer full.
GST_TORCH_API GstAllocator* gst_torch_allocator_new_with_blocks(const GstTorchBlocks* blocks);

/// Read-only memory over an array, whose handle it takes over; its elements are asked for when it
/// is mapped. Without an allocator it belongs to one that all such memory shares and that goes with
/// the last of it. Transfer full; null where memory is exhausted.
GST_TORCH_API GstMemory* gst_torch_memory_new_array(GstAllocator* allocator,
                                                    const GstTorchArray* array);

/// Whether arrays of so many bytes more stay within the share of memory that results may have;
/// what they take now, and that share.
GST_TORCH_API gboolean gst_torch_results_fit(gsize bytes, guint64* used, guint64* bound);

G_END_DECLS

namespace gsttorch {

/// An allocator whose blocks come from there. Transfer full.
GstAllocator* new_allocator(const std::shared_ptr<BlockSource>& source);

/// Memory over a tensor, which it holds as long as it lives; see gst_torch_memory_new_array().
GstMemory* new_tensor_memory(GstAllocator* allocator, const TensorHandle& tensor);

}  // namespace gsttorch
