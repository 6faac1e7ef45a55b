// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/ops/pair_products.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "lib/cpu/product.h"
#include "lib/nn/base/cpu_pool.h"

namespace gsttorch {
namespace {

// Calls work(first column, number of columns) for each panel.
template <typename Work>
void for_panels(std::int64_t columns, Work&& work) {
  const std::int64_t panel = cpu_kernels().panel;
  cpu_pool().run((columns + panel - 1) / panel, [&](std::int64_t piece) {
    work(piece * panel, std::min(panel, columns - piece * panel));
  });
}

}  // namespace

PairProducts::PairProducts(const at::Tensor& second)
    : columns_(second.size(0)),
      depth_(second.size(1)),
      packed_(at::empty({packed_product_size(cpu_kernels(), columns_, depth_)}, at::kFloat)) {
  const float* rows = second.const_data_ptr<float>();
  float* packed = packed_.mutable_data_ptr<float>();
  for_panels(columns_, [&](std::int64_t column, std::int64_t count) {
    pack_product(cpu_kernels(), rows + column * depth_, depth_, count, depth_,
                 packed + column * depth_);
  });
}

void PairProducts::operator()(const float* first, std::int64_t rows, float* products) const {
  const float* packed = packed_.const_data_ptr<float>();
  for_panels(columns_, [&](std::int64_t column, std::int64_t count) {
    ProductJob job{};
    job.x = first;
    job.rows = rows;
    job.x_step = job.in = depth_;
    job.weights = packed + column * depth_;
    job.y = products + column;
    job.y_step = columns_;
    job.out = count;
    cpu_kernels().multiply(job);
  });
}

}  // namespace gsttorch
