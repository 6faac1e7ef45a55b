// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
/**
 * SECTION:gsttorchmemory
 * @title: Memory
 * @short_description: results as memory, and memory that frames are decoded into
 *
 * A #GstTorchAllocator makes two kinds of #GstMemory, both in system memory that anybody can map.
 *
 * Arrays: what a model computed, such as the `flow` buffer of a flow meta. Read-only, dense, in
 * row-major order and native byte order. Mapping one copies nothing where the model ran on the CPU;
 * where it ran on a device the first map copies the array, and fails (as gst_memory_map() does,
 * with %FALSE) where that copy did. The array lives as long as its memory, however long the
 * pipeline is gone. gst_torch_memory_get_shape() and gst_torch_memory_get_element_type() tell what
 * it is.
 *
 * Blocks: what gst_allocator_alloc() gives. Writable, and taken from blocks that the allocator
 * keeps when memory is freed, since decoders ask for memory once per frame.
 */
#pragma once

#include <gst/gst.h>

#include "gsttorchenums.h"

G_BEGIN_DECLS

/**
 * GST_TORCH_MEMORY_TYPE:
 *
 * What gst_memory_is_type() knows this memory by.
 */
#define GST_TORCH_MEMORY_TYPE "TorchMemory"

/**
 * GST_TORCH_ALLOCATOR_NAME:
 *
 * Name of the allocators as objects. They are not registered: gst_allocator_find() knows none.
 */
#define GST_TORCH_ALLOCATOR_NAME "GstTorchMemory"

/**
 * GstTorchAllocator:
 *
 * Opaque. Thread-safe. It lives as long as somebody refers to it, and each memory of it does.
 */
#define GST_TYPE_TORCH_ALLOCATOR (gst_torch_allocator_get_type())
GST_TORCH_API
G_DECLARE_FINAL_TYPE(GstTorchAllocator, gst_torch_allocator, GST, TORCH_ALLOCATOR, GstAllocator)

/**
 * GstTorchElementType:
 * @GST_TORCH_ELEMENT_NONE: bytes: the memory is no array, or a part of one
 * @GST_TORCH_ELEMENT_F32: 32-bit floating point
 * @GST_TORCH_ELEMENT_F16: IEEE half precision
 *
 * The elements of an array. Native byte order.
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
