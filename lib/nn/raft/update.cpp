// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/raft/update.h"

#include <algorithm>
#include <string>

#include <ATen/ATen.h>

namespace gsttorch {
namespace {

Conv load_conv(const ModuleWeights& weights, std::int64_t in, std::int64_t kernel,
               Activation activation) {
  const at::Tensor weight = weights.take("weight", {-1, in, kernel, kernel});
  return Conv(weight, weights.take("bias", {weight.size(0)}), {{1, 1}, {kernel / 2, kernel / 2}},
              activation, weights.compute_type());
}

std::vector<Conv> load_correlation_convs(const ModuleWeights& weights, std::int64_t channels) {
  std::vector<Conv> convs;
  convs.push_back(load_conv(weights / "convcorr1" / "0", channels, 1, Activation::Relu));
  if (weights.has("convcorr2.0.weight")) {
    convs.push_back(
        load_conv(weights / "convcorr2" / "0", convs[0].out_channels(), 3, Activation::Relu));
  }
  return convs;
}

std::vector<ConvGru> load_grus(const ModuleWeights& weights, std::int64_t hidden,
                               std::int64_t context, std::int64_t motion) {
  std::vector<ConvGru> grus;
  for (int number = 1;
       number == 1 || weights.has("convgru" + std::to_string(number) + ".convz.weight"); number++) {
    grus.emplace_back(weights / ("convgru" + std::to_string(number)), hidden, context, motion);
  }
  return grus;
}

}  // namespace

MotionEncoder::MotionEncoder(const ModuleWeights& weights, std::int64_t correlation_channels)
    : correlation_(load_correlation_convs(weights, correlation_channels)),
      flow1_(load_conv(weights / "convflow1" / "0", 2, 7, Activation::Relu)),
      flow2_(load_conv(weights / "convflow2" / "0", flow1_.out_channels(), 3, Activation::Relu)),
      conv_(load_conv(weights / "conv" / "0",
                      correlation_.back().out_channels() + flow2_.out_channels(), 3,
                      Activation::Relu)) {}

at::Tensor MotionEncoder::operator()(const at::Tensor& correlation, const at::Tensor& flow) const {
  at::Tensor x = correlation;
  for (const Conv& conv : correlation_) x = conv(x);
  const at::Tensor moved =
      flow.contiguous(at::MemoryFormat::ChannelsLast);  // the joined tensor is channels-last too
  const at::Tensor features = conv_(at::cat({x, flow2_(flow1_(moved))}, 1));
  return at::cat({features, moved.to(features.scalar_type())}, 1);
}

void MotionEncoder::share(UpdateConvs& convs) const {
  convs.correlation = correlation_;
  convs.flow1 = flow1_;
  convs.flow2 = flow2_;
  convs.motion = conv_;
}

std::int64_t MotionEncoder::peak_channels() const {
  const std::int64_t searched = correlation_.back().out_channels();
  const std::int64_t first = correlation_.front().out_channels();
  const std::int64_t moved = flow1_.out_channels() + flow2_.out_channels();
  const std::int64_t joined = searched + flow2_.out_channels();
  return std::max(first + searched, searched + moved + joined + conv_.out_channels());
}

ConvGru::ConvGru(const ModuleWeights& weights, std::int64_t hidden, std::int64_t context,
                 std::int64_t motion)
    : hidden_(hidden) {
  const std::int64_t in = hidden + context + motion;
  // 3x3, 1x5 or 5x1, the same for all three convolutions.
  const at::Tensor z = weights.take("convz.weight", {hidden, in, -1, -1});
  const std::int64_t kh = z.size(2), kw = z.size(3);
  const at::Tensor zr = at::cat({z, weights.take("convr.weight", {hidden, in, kh, kw})});
  const at::Tensor q = weights.take("convq.weight", {hidden, in, kh, kw});
  const at::Tensor zr_bias =
      at::cat({weights.take("convz.bias", {hidden}), weights.take("convr.bias", {hidden})});
  const ConvGeometry same{{1, 1}, {kh / 2, kw / 2}};
  const auto without_context = [&](const at::Tensor& w) {
    return at::cat({w.narrow(1, 0, hidden), w.narrow(1, hidden + context, motion)}, 1);
  };
  const auto only_context = [&](const at::Tensor& w) { return w.narrow(1, hidden, context); };
  const auto load = [&](const at::Tensor& weight, const at::Tensor& bias) {
    return Conv(weight, bias, same, Activation::None, weights.compute_type());
  };
  zr_ = load(without_context(zr), {});
  q_ = load(without_context(q), {});
  context_zr_ = load(only_context(zr), zr_bias);
  context_q_ = load(only_context(q), weights.take("convq.bias", {hidden}));
}

ContextTerms ConvGru::precompute_context(const at::Tensor& context) const {
  return {context_zr_(context), context_q_(context)};
}

at::Tensor ConvGru::step(const at::Tensor& hidden, at::Tensor& input,
                         const ContextTerms& context_terms) const {
  const at::Tensor zr = zr_.plus(input, context_terms.zr).sigmoid_();
  const at::Tensor z = zr.narrow(1, 0, hidden_), r = zr.narrow(1, hidden_, hidden_);
  at::Tensor state = input.narrow(1, 0, hidden_);
  at::mul_out(state, r, hidden);
  const at::Tensor q = q_.plus(input, context_terms.q).tanh_();
  const at::Tensor next = at::lerp(hidden, q, z);  // (1 - z) h + z q
  state.copy_(next);
  return next;
}

UpdateBlock::UpdateBlock(const ModuleWeights& weights, std::int64_t correlation_channels,
                         std::int64_t hidden, std::int64_t context)
    : correlation_channels_(correlation_channels),
      hidden_channels_(hidden),
      motion_(weights / "motion_encoder", correlation_channels),
      grus_(load_grus(weights / "recurrent_block", hidden, context, motion_.out_channels())),
      head1_(load_conv(weights / "flow_head" / "conv1", hidden, 3, Activation::Relu)),
      head2_(
          load_conv(weights / "flow_head" / "conv2", head1_.out_channels(), 3, Activation::None)) {
  UpdateConvs convs;
  motion_.share(convs);
  for (const ConvGru& gru : grus_) convs.grus.push_back(gru.convs());
  convs.head1 = head1_;
  convs.head2 = head2_;
  if (FusedUpdate::fits(convs)) fused_ = std::make_shared<const FusedUpdate>(convs);
}

std::vector<ContextTerms> UpdateBlock::precompute_context(const at::Tensor& context) const {
  std::vector<ContextTerms> context_terms;
  for (const ConvGru& gru : grus_) context_terms.push_back(gru.precompute_context(context));
  return context_terms;
}

std::int64_t UpdateBlock::context_term_channels() const {
  return 3 * hidden_channels_ * static_cast<std::int64_t>(grus_.size());
}

// Peak in a recurrent unit: its input twice (oneDNN reads a copy), both gates, the candidate, the
// state.
std::int64_t UpdateBlock::peak_channels() const {
  const std::int64_t input = hidden_channels_ + motion_.out_channels();
  const std::int64_t state = grus_.size() > 1 ? hidden_channels_ : 0;
  const std::int64_t step = 2 * input + 3 * hidden_channels_ + state;
  return correlation_channels_ + 2 + std::max(motion_.peak_channels(), step);
}

UpdateBlock::Step UpdateBlock::operator()(const at::Tensor& hidden,
                                          const std::vector<ContextTerms>& context_terms,
                                          const at::Tensor& correlation,
                                          const at::Tensor& flow) const {
  at::Tensor input = at::cat({hidden, motion_(correlation, flow)}, 1);
  at::Tensor state = hidden;
  for (std::size_t i = 0; i < grus_.size(); i++)
    state = grus_[i].step(state, input, context_terms[i]);
  return {state, head2_(head1_(state))};
}

MaskPredictor::MaskPredictor(const ModuleWeights& weights, std::int64_t hidden)
    : conv1_(load_conv(weights / "convrelu" / "0", hidden, 3, Activation::Relu)),
      conv2_(load_conv(weights / "conv", conv1_.out_channels(), 1, Activation::None)) {}

at::Tensor MaskPredictor::operator()(const at::Tensor& hidden) const {
  return conv2_(conv1_(hidden)).mul_(0.25);
}

}  // namespace gsttorch
