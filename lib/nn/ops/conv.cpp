// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/ops/conv.h"

#include <optional>
#include <string_view>

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>

namespace gsttorch {
namespace {

using Scalars = c10::List<std::optional<at::Scalar>>;
using Text = std::optional<std::string_view>;

// The fused kernels that inductor uses; registered in libtorch_cpu, without a C++ header.
using Pointwise = at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&,
                             at::IntArrayRef, at::IntArrayRef, at::IntArrayRef, std::int64_t,
                             std::string_view, Scalars, Text);
using PointwiseBinary = at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&,
                                   const std::optional<at::Tensor>&, at::IntArrayRef,
                                   at::IntArrayRef, at::IntArrayRef, std::int64_t, std::string_view,
                                   std::optional<at::Scalar>, Text, Scalars, Text);
using Reorder = at::Tensor(const at::Tensor&, at::IntArrayRef, at::IntArrayRef, at::IntArrayRef,
                           std::int64_t, at::OptionalIntArrayRef);

const std::optional<at::Scalar> kNoScale;

template <typename Signature>
c10::TypedOperatorHandle<Signature> find_operator(const char* name, const char* overload) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, overload).typed<Signature>();
}

at::Tensor pack(const at::Tensor& weight, const ConvGeometry& geometry) {
  static const auto reorder = find_operator<Reorder>("mkldnn::_reorder_convolution_weight", "");
  return reorder.call(weight, geometry.padding, geometry.stride, geometry.dilation, 1,
                      std::nullopt);
}

// ATen's convolution has no shape function in C++ (Python's torch has): on the meta device this one
// stands for it, and refuses a weight that was left on another device.
at::Tensor meta_conv2d(const at::Tensor& x, const at::Tensor& weight, const ConvGeometry& g) {
  TORCH_CHECK(weight.is_meta() && x.size(1) == weight.size(1), "convolution of ", x.sizes(), " on ",
              x.device(), " with ", weight.sizes(), " on ", weight.device());
  const auto side = [&](int axis) {
    const std::int64_t extent = g.dilation[axis] * (weight.size(2 + axis) - 1) + 1;
    return (x.size(2 + axis) + 2 * g.padding[axis] - extent) / g.stride[axis] + 1;
  };
  return at::empty({x.size(0), weight.size(0), side(0), side(1)},
                   x.options().memory_format(at::MemoryFormat::ChannelsLast));
}

std::optional<at::Tensor> maybe(const at::Tensor& tensor) {
  return tensor.defined() ? std::optional<at::Tensor>(tensor) : std::nullopt;
}

}  // namespace

Conv::Conv(const at::Tensor& weight, const at::Tensor& bias, ConvGeometry geometry,
           Activation activation)
    : weight_(weight.contiguous()), bias_(bias), geometry_(geometry), activation_(activation) {
  if (weight_.is_cpu() && weight_.scalar_type() == at::kFloat && at::hasMKLDNN()) {
    packed_ = pack(weight_, geometry_);
  }
}

bool Conv::use_packed(const at::Tensor& x) const {
  return packed_.defined() && x.is_cpu() && x.scalar_type() == at::kFloat;
}

at::Tensor Conv::operator()(const at::Tensor& x) const {
  if (!use_packed(x)) return plain(x);
  static const auto op = find_operator<Pointwise>("mkldnn::_convolution_pointwise", "");
  return op.call(x.contiguous(at::MemoryFormat::ChannelsLast), packed_, maybe(bias_),
                 geometry_.padding, geometry_.stride, geometry_.dilation, 1,
                 activation_ == Activation::Relu ? "relu" : "none", Scalars(), Text(""));
}

at::Tensor Conv::plus(const at::Tensor& x, const at::Tensor& other) const {
  if (!use_packed(x)) return plain(x, other);
  static const auto op = find_operator<PointwiseBinary>("mkldnn::_convolution_pointwise", "binary");
  const Text unary = activation_ == Activation::Relu ? Text("relu") : std::nullopt;
  return op.call(x.contiguous(at::MemoryFormat::ChannelsLast),
                 other.contiguous(at::MemoryFormat::ChannelsLast), packed_, maybe(bias_),
                 geometry_.padding, geometry_.stride, geometry_.dilation, 1, "add", kNoScale, unary,
                 Scalars(), Text(""));
}

at::Tensor Conv::plain(const at::Tensor& x, const at::Tensor& other) const {
  at::Tensor y = x.is_meta() ? meta_conv2d(x, weight_, geometry_)
                             : at::conv2d(x, weight_, bias_, geometry_.stride, geometry_.padding,
                                          geometry_.dilation);
  if (other.defined()) y = y + other;
  return activation_ == Activation::Relu ? at::relu_(y) : y;
}

}  // namespace gsttorch
