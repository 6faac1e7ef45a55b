// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/tensor_buffer.h"

#include <memory>
#include <new>

namespace gsttorch {

Ref<GstBuffer> wrap_tensor(TensorHandle tensor) {
  const void* data = tensor->host_data();
  if (!data) throw std::bad_alloc();
  const gsize size = tensor->bytes();
  auto holder = std::make_unique<TensorHandle>(std::move(tensor));
  return Ref<GstBuffer>::adopt(gst_buffer_new_wrapped_full(
      GST_MEMORY_FLAG_READONLY, const_cast<gpointer>(data), size, 0, size, holder.release(),
      [](gpointer held) { delete static_cast<TensorHandle*>(held); }));
}

}  // namespace gsttorch
