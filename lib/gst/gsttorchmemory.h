// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
/**
 * SECTION:gsttorchmemory
 * @title: Memory
 * @short_description: memory of results, and memory for decoded frames
 *
 * A #GstTorchAllocator creates two kinds of #GstMemory, both in system memory that can be mapped as
 * usual.
 *
 * Arrays are a model's output, such as the `flow` buffer of a flow meta. They are read-only, dense,
 * in row-major order and native byte order. If the model ran on the CPU, mapping copies nothing. If
 * it ran on a GPU, the first map copies the array from the device; if that fails, gst_memory_map()
 * returns %FALSE. The array lives as long as its memory, even after the pipeline is gone.
 * gst_torch_memory_get_shape() and gst_torch_memory_get_element_type() describe it.
 *
 * Blocks are the result of gst_allocator_alloc(). They are writable. The allocator keeps freed
 * blocks for reuse, because decoders allocate memory once per frame.
 */
#pragma once

#include <gst/gst.h>

#include "gsttorchenums.h"

G_BEGIN_DECLS

/**
 * GST_TORCH_MEMORY_TYPE:
 *
 * Memory type, for gst_memory_is_type().
 */
#define GST_TORCH_MEMORY_TYPE "TorchMemory"

/**
 * GST_TORCH_ALLOCATOR_NAME:
 *
 * Object name of the allocators. They are not registered: gst_allocator_find() does not find them.
 */
#define GST_TORCH_ALLOCATOR_NAME "GstTorchMemory"

/**
 * GstTorchAllocator:
 *
 * Opaque. Thread-safe. Each of its memories has a reference to it.
 */
#define GST_TYPE_TORCH_ALLOCATOR (gst_torch_allocator_get_type())
GST_TORCH_API
G_DECLARE_FINAL_TYPE(GstTorchAllocator, gst_torch_allocator, GST, TORCH_ALLOCATOR, GstAllocator)

/**
 * GstTorchElementType:
 * @GST_TORCH_ELEMENT_NONE: the memory is not an array, or is a part of one
 * @GST_TORCH_ELEMENT_F32: IEEE single precision
 * @GST_TORCH_ELEMENT_F16: IEEE half precision
 *
 * Element type of an array, in native byte order.
 */
typedef enum {
  GST_TORCH_ELEMENT_NONE,
  GST_TORCH_ELEMENT_F32,
  GST_TORCH_ELEMENT_F16,
} GstTorchElementType;

#define GST_TYPE_TORCH_ELEMENT_TYPE (gst_torch_element_type_get_type())
GST_TORCH_API GType gst_torch_element_type_get_type(void);

GST_TORCH_API GstAllocator* gst_torch_allocator_new(void);
GST_TORCH_API gboolean gst_is_torch_memory(GstMemory* memory);
GST_TORCH_API const gint64* gst_torch_memory_get_shape(GstMemory* memory, guint* n_dims);
GST_TORCH_API GstTorchElementType gst_torch_memory_get_element_type(GstMemory* memory);

G_END_DECLS
