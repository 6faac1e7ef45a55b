// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/ops/packed_product.h"

#include <ATen/ATen.h>

namespace gsttorch {

at::Tensor packed_bias(const at::Tensor& bias, std::int64_t out) {
  const std::int64_t panel = cpu_kernels().panel;
  at::Tensor packed = at::zeros({(out + panel - 1) / panel * panel}, at::kFloat);
  if (bias.defined()) packed.narrow(0, 0, out).copy_(bias);
  return packed;
}

PackedProduct::PackedProduct(const at::Tensor& weight, const at::Tensor& bias)
    : in_(weight.size(1)),
      out_(weight.size(0)),
      weights_(at::empty({packed_product_size(cpu_kernels(), out_, in_)}, at::kFloat)),
      bias_(packed_bias(bias, out_)) {
  pack_product(cpu_kernels(), weight.contiguous().const_data_ptr<float>(), in_, out_, in_,
               weights_.mutable_data_ptr<float>());
}

ProductJob PackedProduct::job(const float* rows, std::int64_t count, float* y,
                              std::int64_t y_step) const {
  ProductJob job{};
  job.x = rows;
  job.rows = count;
  job.x_step = job.in = in_;
  job.weights = weights_.const_data_ptr<float>();
  job.bias = bias_.const_data_ptr<float>();
  job.y = y;
  job.y_step = y_step;
  job.out = out_;
  return job;
}

}  // namespace gsttorch
