// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
/// What the plugins of this project, and nobody else, use of the library. Not installed.
#pragma once

#include <memory>

#include "lib/core/block_source.h"
#include "lib/engine/tensor.h"
#include "lib/gst/gsttorchmemory.h"

extern "C" {

/// An allocator whose blocks come from there. Transfer full.
GST_TORCH_API GstAllocator* gst_torch_allocator_new_with_source(
    const std::shared_ptr<gsttorch::BlockSource>& source);

/// Read-only memory over a tensor, which it holds as long as it lives; its elements are asked for
/// when it is mapped. Without an allocator it belongs to one that all such memory shares and that
/// goes with the last of it. Transfer full; null where memory is exhausted.
GST_TORCH_API GstMemory* gst_torch_memory_new_tensor(GstAllocator* allocator,
                                                     const gsttorch::TensorHandle& tensor);

/// Whether arrays of so many bytes more stay within the share of memory that results may have;
/// what they take now, and that share.
GST_TORCH_API gboolean gst_torch_results_fit(gsize bytes, guint64* used, guint64* bound);
}
