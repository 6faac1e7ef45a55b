// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/ops/conv.h"

#include <optional>
#include <string_view>

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include "lib/nn/ops/cuda_kernels.h"
#include "lib/nn/ops/fused_epilogue.h"
#include "lib/nn/ops/product_conv.h"
#include "lib/nn/ops/winograd_conv.h"

namespace gsttorch {
namespace {

using Scalars = c10::List<std::optional<at::Scalar>>;
using Text = std::optional<std::string_view>;

// The fused operators that inductor uses; libtorch_cpu registers them, but has no C++ header for
// them.
using Pointwise = at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&,
                             at::IntArrayRef, at::IntArrayRef, at::IntArrayRef, std::int64_t,
                             std::string_view, Scalars, Text);
using PointwiseBinary = at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&,
                                   const std::optional<at::Tensor>&, at::IntArrayRef,
                                   at::IntArrayRef, at::IntArrayRef, std::int64_t, std::string_view,
                                   std::optional<at::Scalar>, Text, Scalars, Text);
using PointwiseBinaryInPlace = at::Tensor&(at::Tensor&, const at::Tensor&, const at::Tensor&,
                                           const std::optional<at::Tensor>&, at::IntArrayRef,
                                           at::IntArrayRef, at::IntArrayRef, std::int64_t,
                                           std::string_view, std::optional<at::Scalar>, Text,
                                           Scalars, Text);
using Reorder = at::Tensor(const at::Tensor&, at::IntArrayRef, at::IntArrayRef, at::IntArrayRef,
                           std::int64_t, at::OptionalIntArrayRef);

constexpr std::int64_t kUsualHeight = 30, kUsualWidth = 40;  // typical output size
const std::optional<at::Scalar> kNoScale;

template <typename Signature>
c10::TypedOperatorHandle<Signature> find_operator(const char* name, const char* overload) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, overload).typed<Signature>();
}

// oneDNN's choice of a layout depends on whether the input size is known, but hardly on the size.
// Without a size it chooses for one pixel, and then every call on a real image reorders the weights
// again.
at::Tensor pack(const at::Tensor& weight, const ConvGeometry& geometry) {
  static const auto reorder = find_operator<Reorder>("mkldnn::_reorder_convolution_weight", "");
  const std::array<std::int64_t, 4> size = {1, weight.size(1), kUsualHeight * geometry.stride[0],
                                            kUsualWidth * geometry.stride[1]};
  return reorder.call(weight, geometry.padding, geometry.stride, geometry.dilation, 1,
                      at::IntArrayRef(size));
}

// oneDNN arranges bfloat16 weights in blocks of 48 or 64 output channels. If both fit, the image
// size decides, and weights packed for another size are reordered at each call, which takes several
// times as long as the convolution. For half as many channels there is only one layout.
bool has_two_layouts(const at::Tensor& weight) {
  const std::int64_t rounded = (weight.size(0) + 15) / 16 * 16;
  return weight.scalar_type() == at::kBFloat16 && weight.size(0) % 2 == 0 &&
         rounded % (3 * 64) == 0;
}

std::array<std::int64_t, 4> output_size(const at::Tensor& x, const at::Tensor& weight,
                                        const ConvGeometry& g) {
  const auto side = [&](int axis) {
    const std::int64_t extent = g.dilation[axis] * (weight.size(2 + axis) - 1) + 1;
    return (x.size(2 + axis) + 2 * g.padding[axis] - extent) / g.stride[axis] + 1;
  };
  return {x.size(0), weight.size(0), side(0), side(1)};
}

at::Tensor channels_last(std::array<std::int64_t, 4> size, const at::TensorOptions& options) {
  return at::empty(size, options.memory_format(at::MemoryFormat::ChannelsLast));
}

// ATen's convolution has no shape function in C++ (Python's torch has one): this replaces it on the
// meta device, and rejects a weight that was left on another device.
at::Tensor meta_conv2d(const at::Tensor& x, const at::Tensor& weight, const ConvGeometry& g) {
  TORCH_CHECK(weight.is_meta() && x.size(1) == weight.size(1), "convolution of ", x.sizes(), " on ",
              x.device(), " with ", weight.sizes(), " on ", weight.device());
  return channels_last(output_size(x, weight, g), x.options());
}

std::optional<at::Tensor> maybe(const at::Tensor& tensor) {
  return tensor.defined() ? std::optional<at::Tensor>(tensor) : std::nullopt;
}

const char* fused_name(Activation activation) {
  switch (activation) {
    case Activation::None:
      return "none";
    case Activation::Relu:
      return "relu";
    case Activation::LeakyRelu:
      return "leaky_relu";
  }
  return "none";
}

Scalars fused_scalars(Activation activation) {
  Scalars scalars;
  if (activation == Activation::LeakyRelu) scalars.push_back(at::Scalar(kLeakySlope));
  return scalars;
}

EpilogueActivation epilogue_activation(Activation activation) {
  switch (activation) {
    case Activation::None:
      return EpilogueActivation::None;
    case Activation::Relu:
      return EpilogueActivation::Relu;
    case Activation::LeakyRelu:
      return EpilogueActivation::LeakyRelu;
  }
  return EpilogueActivation::None;
}

CpuEpilogue cpu_epilogue(Activation activation) {
  switch (activation) {
    case Activation::None:
      return CpuEpilogue::None;
    case Activation::Relu:
      return CpuEpilogue::Relu;
    case Activation::LeakyRelu:
      return CpuEpilogue::LeakyRelu;
  }
  return CpuEpilogue::None;
}

bool has_no_steps(const ConvGeometry& g) {
  constexpr std::array<std::int64_t, 2> kOne = {1, 1};
  return g.stride == kOne && g.dilation == kOne;
}

// For a fused sum, an empty name means no activation.
Text fused_after_sum(Activation activation) {
  return activation == Activation::None ? Text() : Text(fused_name(activation));
}

}  // namespace

Conv::Conv(const at::Tensor& weight, const at::Tensor& bias, ConvGeometry geometry,
           Activation activation, at::ScalarType type)
    : weight_(weight.to(type).contiguous(weight.is_cuda() ? at::MemoryFormat::ChannelsLast
                                                          : at::MemoryFormat::Contiguous)),
      bias_(bias.defined() ? bias.to(type) : bias),
      geometry_(geometry),
      activation_(activation) {
  if (!weight_.is_cpu()) return;
  if (has_no_steps(geometry_) && WinogradConv::can_run(weight_, geometry_.padding)) {
    winograd_ = std::make_shared<const WinogradConv>(weight_, bias_, geometry_.padding,
                                                     cpu_epilogue(activation_));
    return;
  }
  if (ProductConv::can_run(weight_, geometry_)) {
    product_ =
        std::make_shared<const ProductConv>(weight_, bias_, geometry_, cpu_epilogue(activation_));
    return;
  }
  if (!at::hasMKLDNN()) return;
  if (has_two_layouts(weight_)) {
    halves_ = {half(0), half(out_channels() / 2)};
  } else {
    packed_ = pack(weight_, geometry_);
  }
}

Conv Conv::half(std::int64_t first) const {
  const std::int64_t count = out_channels() / 2;
  const at::Tensor bias = bias_.defined() ? bias_.narrow(0, first, count) : bias_;
  return Conv(weight_.narrow(0, first, count), bias, geometry_, activation_, type());
}

Conv Conv::with_padding(std::array<std::int64_t, 2> padding) const {
  return Conv(weight_, bias_, {geometry_.stride, padding, geometry_.dilation}, activation_, type());
}

bool Conv::use_own(const at::Tensor& x) const { return (winograd_ || product_) && x.is_cpu(); }

void Conv::run_own(const at::Tensor& x, const at::Tensor& other, at::Tensor& output) const {
  winograd_ ? winograd_->run(x, other, output) : product_->run(x, other, output);
}

bool Conv::use_packed(const at::Tensor& x) const { return packed_.defined() && x.is_cpu(); }

// The type and layout that oneDNN and cuDNN read.
at::Tensor Conv::input(const at::Tensor& x) const {
  return x.to(type()).contiguous(at::MemoryFormat::ChannelsLast);
}

at::Tensor Conv::operator()(const at::Tensor& x) const {
  if (!halves_.empty()) {
    const at::Tensor in = input(x);
    return at::cat({halves_[0](in), halves_[1](in)}, 1);
  }
  if (use_own(x)) {
    const at::Tensor in = input(x);
    at::Tensor output = channels_last(output_size(in, weight_, geometry_), in.options());
    run_own(in, {}, output);
    return output;
  }
  if (!use_packed(x)) return unpacked(x);
  static const auto op = find_operator<Pointwise>("mkldnn::_convolution_pointwise", "");
  return op.call(input(x), packed_, maybe(bias_), geometry_.padding, geometry_.stride,
                 geometry_.dilation, 1, fused_name(activation_), fused_scalars(activation_),
                 Text(""));
}

at::Tensor Conv::plus(const at::Tensor& x, const at::Tensor& other) const {
  if (!halves_.empty()) {
    const at::Tensor in = input(x);
    const auto parts = other.chunk(2, 1);
    return at::cat({halves_[0].plus(in, parts[0]), halves_[1].plus(in, parts[1])}, 1);
  }
  if (use_own(x)) {
    const at::Tensor sum = input(other);
    at::Tensor output = at::empty_like(sum);
    run_own(input(x), sum, output);
    return output;
  }
  if (!use_packed(x)) return unpacked(x, other);
  static const auto op = find_operator<PointwiseBinary>("mkldnn::_convolution_pointwise", "binary");
  return op.call(input(x), input(other), packed_, maybe(bias_), geometry_.padding, geometry_.stride,
                 geometry_.dilation, 1, "add", kNoScale, fused_after_sum(activation_),
                 fused_scalars(activation_), Text(""));
}

at::Tensor Conv::plus_(const at::Tensor& x, at::Tensor other) const {
  if (!halves_.empty()) return other.copy_(plus(x, other));
  if (use_own(x)) {
    if (!other.is_contiguous(at::MemoryFormat::ChannelsLast)) return other.copy_(plus(x, other));
    run_own(input(x), other, other);
    return other;
  }
  if (!use_packed(x)) return unpacked(x, other);
  static const auto op =
      find_operator<PointwiseBinaryInPlace>("mkldnn::_convolution_pointwise_", "binary");
  op.call(other, input(x), packed_, maybe(bias_), geometry_.padding, geometry_.stride,
          geometry_.dilation, 1, "add", kNoScale, fused_after_sum(activation_),
          fused_scalars(activation_), Text(""));
  return other;
}

// On a GPU, bias, sum and activation after the convolution are one launch instead of three.
at::Tensor Conv::unpacked(const at::Tensor& x, const at::Tensor& other) const {
  if (!x.is_cuda()) return plain(x, other);
  const at::Tensor in = input(x);
  if (type() != at::kFloat || !cuda_kernels()) return plain(in, other);
  at::Tensor y =
      at::conv2d(in, weight_, {}, geometry_.stride, geometry_.padding, geometry_.dilation);
  return add_bias_on_gpu(y, bias_, other, epilogue_activation(activation_)) ? y : plain(x, other);
}

at::Tensor Conv::plain(const at::Tensor& x, const at::Tensor& other) const {
  const at::Tensor in = x.to(type());
  at::Tensor y = in.is_meta() ? meta_conv2d(in, weight_, geometry_)
                              : at::conv2d(in, weight_, bias_, geometry_.stride, geometry_.padding,
                                           geometry_.dilation);
  if (other.defined()) y = y + other.to(type());
  if (activation_ == Activation::Relu) return at::relu_(y);
  return activation_ == Activation::LeakyRelu ? at::leaky_relu_(y, kLeakySlope) : y;
}

}  // namespace gsttorch
