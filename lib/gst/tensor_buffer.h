// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <vector>

#include <gst/gst.h>

#include "lib/engine/tensor.h"
#include "lib/gst/util/ref.h"

namespace gsttorch {

/// A read-only buffer over a tensor's elements: no copy on the CPU, and the tensor lives as long as
/// the buffer's memory does. The elements are asked for when the buffer is mapped, which fails
/// where they cannot be had on the host. The memory counts among the allocator's (a
/// GstTorchAllocator, borrowed); null is one that all results without one share. Throws
/// std::bad_alloc.
Ref<GstBuffer> wrap_tensor(const TensorHandle& tensor, GstAllocator* allocator = nullptr);

/// The same over numbers of the caller's, as an array of that shape, which they fill.
Ref<GstBuffer> wrap_values(std::vector<float> values, std::vector<std::int64_t> shape);

}  // namespace gsttorch
