// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <vector>

#include <gst/gst.h>

#include "lib/engine/tensor.h"
#include "lib/gst/util/ref.h"

namespace gsttorch {

/// Creates a read-only buffer over a tensor's elements: no copy on the CPU; the buffer's memory
/// keeps the tensor. Elements are read when the buffer is mapped; mapping fails if they cannot be
/// read on the host. The memory is counted by the allocator (a GstTorchAllocator, borrowed); null
/// selects the shared one. Throws std::bad_alloc.
Ref<GstBuffer> wrap_tensor(const TensorHandle& tensor, GstAllocator* allocator = nullptr);

/// The same over the caller's values, which must fill an array of that shape.
Ref<GstBuffer> wrap_values(std::vector<float> values, std::vector<std::int64_t> shape);

}  // namespace gsttorch
