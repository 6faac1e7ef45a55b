// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/raftflow/zero_flow.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace gsttorch {
namespace {

using Shape = std::vector<std::int64_t>;

// An array of one value, in host memory.
template <typename Number>
class ConstantTensor final : public Tensor {
 public:
  ConstantTensor(Shape shape, DataType type, Number value) : shape_(std::move(shape)), type_(type) {
    std::size_t count = 1;
    for (const std::int64_t side : shape_) count *= static_cast<std::size_t>(side);
    values_.assign(count, value);
  }

  const Shape& shape() const override { return shape_; }
  DataType type() const override { return type_; }
  std::size_t bytes() const override { return values_.size() * sizeof(Number); }
  const void* host_data() override { return values_.data(); }

 private:
  const Shape shape_;
  const DataType type_;
  std::vector<Number> values_;
};

TensorHandle zeros(const Shape& shape, DataType type) {
  if (type == DataType::Float32) return std::make_shared<ConstantTensor<float>>(shape, type, 0.f);
  return std::make_shared<ConstantTensor<std::uint16_t>>(shape, type, std::uint16_t{0});
}

}  // namespace

FlowResult zero_flow(int width, int height, const FlowOptions& options) {
  const TensorHandle flow = zeros({height, width, 2}, options.output);
  FlowResult result;
  if (options.direction != FlowDirection::Backward) result.forward = flow;
  if (options.direction != FlowDirection::Forward) result.backward = flow;
  if (options.direction == FlowDirection::Both) {
    const Shape grid{height, width};
    result.confidence = std::make_shared<ConstantTensor<float>>(grid, DataType::Float32, 1.f);
  }
  return result;
}

}  // namespace gsttorch
