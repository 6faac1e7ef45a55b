// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

namespace gsttorch {

class ProductConv;
class WinogradConv;

enum class Activation {
  None,
  Relu,
  LeakyRelu,  ///< slope 0.01 below zero
};

struct ConvGeometry {
  std::array<std::int64_t, 2> stride{1, 1};    // y, x
  std::array<std::int64_t, 2> padding{0, 0};   // y, x
  std::array<std::int64_t, 2> dilation{1, 1};  // y, x
};

/// A 2-D convolution and the activation after it. All convolutions of this project use this class.
///
/// On the CPU, the weights are packed once, activations stay channels-last from one convolution to
/// the next, and bias, sum and activation are fused into the convolution. In float32 these are our
/// own kernels: Winograd's algorithm where it suits (winograd_conv.h), products elsewhere
/// (product_conv.h). oneDNN computes bfloat16 and dilated convolutions. On a GPU, one launch of our
/// own kernel applies bias, sum and activation after the convolution, in float32. On any other
/// device, and without oneDNN, it is plain ATen (which is also the reference in the tests). The
/// result has the compute type; inputs are converted to it. Reentrant.
class Conv {
 public:
  Conv() = default;
  /// weight [O, I, KH, KW], bias [O] or undefined; both must be on the device that runs the
  /// convolution. `type` is the compute type: float32, bfloat16, or half on a GPU.
  Conv(const at::Tensor& weight, const at::Tensor& bias, ConvGeometry geometry,
       Activation activation, at::ScalarType type = at::kFloat);

  /// activation(conv(x)): [B, I, H, W] -> [B, O, H', W'], channels-last.
  at::Tensor operator()(const at::Tensor& x) const;

  /// activation(conv(x) + other), other [B, O, H', W'].
  at::Tensor plus(const at::Tensor& x, const at::Tensor& other) const;

  /// The same, written into `other` if possible: with oneDNN it allocates no memory for the result.
  /// `other` must be channels-last, of the compute type and not used elsewhere.
  at::Tensor plus_(const at::Tensor& x, at::Tensor other) const;

  /// The same in plain ATen, whatever the device.
  at::Tensor plain(const at::Tensor& x, const at::Tensor& other = {}) const;

  /// A convolution with the same weights and other padding (y, x).
  Conv with_padding(std::array<std::int64_t, 2> padding) const;

  std::int64_t in_channels() const { return weight_.size(1); }
  std::int64_t out_channels() const { return weight_.size(0); }
  std::int64_t stride() const { return geometry_.stride[0]; }
  at::ScalarType type() const { return weight_.scalar_type(); }
  const at::Tensor& weight() const { return weight_; }  ///< [O, I, KH, KW]
  const at::Tensor& bias() const { return bias_; }      ///< [O] or undefined
  /// Our own kernels, of which this convolution uses at most one; otherwise null.
  const WinogradConv* winograd() const { return winograd_.get(); }
  const ProductConv* product() const { return product_.get(); }

 private:
  bool use_own(const at::Tensor& x) const;
  void run_own(const at::Tensor& x, const at::Tensor& other, at::Tensor& output) const;
  bool use_packed(const at::Tensor& x) const;
  at::Tensor unpacked(const at::Tensor& x, const at::Tensor& other = {}) const;
  at::Tensor input(const at::Tensor& x) const;
  Conv half(std::int64_t first) const;

  at::Tensor weight_;
  at::Tensor bias_;
  // On the CPU in float32 one of them is used; null if it is not.
  std::shared_ptr<const WinogradConv> winograd_;
  std::shared_ptr<const ProductConv> product_;
  at::Tensor packed_;         // oneDNN's own layout; undefined if oneDNN is not used
  std::vector<Conv> halves_;  // halves of the output channels, if they are computed separately
  ConvGeometry geometry_;
  Activation activation_ = Activation::None;
};

}  // namespace gsttorch
