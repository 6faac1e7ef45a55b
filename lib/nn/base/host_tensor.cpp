// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/base/host_tensor.h"

#include <mutex>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "lib/nn/base/failure.h"

namespace gsttorch {
namespace {

// Copies from a GPU go to pinned memory, which is several times as fast.
at::Tensor on_host(const at::Tensor& tensor) {
  if (!tensor.is_cuda()) return tensor.cpu();
  const at::TensorOptions options = tensor.options().device(at::kCPU).pinned_memory(true);
  return at::empty(tensor.sizes(), options).copy_(tensor);
}

class AtenTensor final : public Tensor {
 public:
  explicit AtenTensor(at::Tensor tensor)
      : tensor_(tensor.contiguous()), shape_(tensor_.sizes().vec()) {}

  const std::vector<std::int64_t>& shape() const override { return shape_; }
  DataType type() const override {
    return tensor_.scalar_type() == at::kHalf ? DataType::Float16 : DataType::Float32;
  }
  std::size_t bytes() const override { return tensor_.nbytes(); }

  const void* host_data() override {
    try {
      const c10::InferenceMode guard;
      const std::lock_guard lock(mutex_);
      if (!host_.defined()) host_ = on_host(tensor_);
      return host_.const_data_ptr();
    } catch (...) {
      return nullptr;
    }
  }

 private:
  const at::Tensor tensor_;
  const std::vector<std::int64_t> shape_;
  std::mutex mutex_;
  at::Tensor host_;  // guarded by mutex_
};

}  // namespace

TensorHandle make_tensor_handle(at::Tensor tensor) {
  if (tensor.scalar_type() != at::kFloat && tensor.scalar_type() != at::kHalf) {
    throw Failure(ErrorCode::BadArgument, "results must be float32 or float16");
  }
  return std::make_shared<AtenTensor>(std::move(tensor));
}

}  // namespace gsttorch
