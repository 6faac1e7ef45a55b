// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/tensor_buffer.h"

#include <memory>
#include <new>
#include <utility>

#include "lib/gst/gsttorchmemory-private.h"

namespace gsttorch {
namespace {

class HostArray final : public Tensor {
 public:
  HostArray(std::vector<float> values, std::vector<std::int64_t> shape)
      : shape_(std::move(shape)),
        values_(std::move(values)),
        bytes_(values_.size() * sizeof(float)) {
    values_.reserve(1);  // so that empty arrays can be mapped too
  }
  const std::vector<std::int64_t>& shape() const override { return shape_; }
  DataType type() const override { return DataType::Float32; }
  std::size_t bytes() const override { return bytes_; }
  const void* host_data() override { return values_.data(); }

 private:
  const std::vector<std::int64_t> shape_;
  std::vector<float> values_;
  const std::size_t bytes_;
};

}  // namespace

Ref<GstBuffer> wrap_tensor(const TensorHandle& tensor, GstAllocator* allocator) {
  GstMemory* memory = new_tensor_memory(allocator, tensor);
  if (!memory) throw std::bad_alloc();
  auto buffer = Ref<GstBuffer>::adopt(gst_buffer_new());
  gst_buffer_append_memory(buffer.get(), memory);
  return buffer;
}

Ref<GstBuffer> wrap_values(std::vector<float> values, std::vector<std::int64_t> shape) {
  return wrap_tensor(std::make_shared<HostArray>(std::move(values), std::move(shape)));
}

}  // namespace gsttorch
