// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/tensor_buffer.h"

#include <new>

#include "lib/gst/gsttorchmemory-private.h"

namespace gsttorch {

Ref<GstBuffer> wrap_tensor(const TensorHandle& tensor, GstAllocator* allocator) {
  GstMemory* memory = gst_torch_memory_new_tensor(allocator, tensor);
  if (!memory) throw std::bad_alloc();
  auto buffer = Ref<GstBuffer>::adopt(gst_buffer_new());
  gst_buffer_append_memory(buffer.get(), memory);
  return buffer;
}

}  // namespace gsttorch
