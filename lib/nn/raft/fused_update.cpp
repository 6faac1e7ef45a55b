// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/raft/fused_update.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <ATen/ATen.h>

#include "lib/nn/base/cpu_pool.h"
#include "lib/nn/ops/product_conv.h"
#include "lib/nn/ops/winograd_conv.h"

namespace gsttorch {
namespace {

constexpr std::int64_t kPixelsPerPiece =
    56;  // a multiple of the rows that kernels multiply together
constexpr std::int64_t kHeadKernel = 3, kTaps = 3 * 3 * 2;

at::Tensor buffer(std::int64_t pixels, std::int64_t channels) {
  return at::empty({pixels, channels}, at::kFloat);
}

bool has_kernel(const Conv& conv, std::int64_t size) {
  return conv.weight().size(2) == size && conv.weight().size(3) == size;
}

float* floats(const at::Tensor& tensor) { return tensor.mutable_data_ptr<float>(); }

}  // namespace

bool FusedUpdate::fits(const UpdateConvs& convs) {
  const auto runs = [](const Conv& conv) { return conv.winograd() != nullptr; };
  const std::int64_t hidden = convs.grus.front().q.out_channels();
  const bool is_float = convs.head2.weight().is_cpu() && convs.head2.type() == at::kFloat;
  return is_float && hidden % 16 == 0 && has_kernel(convs.correlation.front(), 1) &&
         convs.flow1.product() && has_kernel(convs.head2, kHeadKernel) &&
         (convs.correlation.size() == 1 || runs(convs.correlation[1])) && runs(convs.flow2) &&
         runs(convs.motion) && runs(convs.head1) &&
         std::all_of(convs.grus.begin(), convs.grus.end(),
                     [&](const auto& gru) { return runs(gru.zr) && runs(gru.q); });
}

FusedUpdate::FusedUpdate(const UpdateConvs& convs) : convs_(convs) {
  const at::Tensor& search = convs_.correlation.front().weight();
  const std::int64_t windows = search.size(1) / Correlation::kLevels;
  const auto side = static_cast<std::int64_t>(std::lround(std::sqrt(static_cast<double>(windows))));
  search_ = PackedProduct(search.reshape({-1, Correlation::kLevels, side, side})
                              .transpose(2, 3)
                              .reshape({-1, search.size(1)}),
                          convs_.correlation.front().bias());
  const at::Tensor& head = convs_.head2.weight();
  head2_ = PackedProduct(head.permute({2, 3, 0, 1}).reshape({kTaps, head.size(1)}), {});
  head2_bias_ = convs_.head2.bias().contiguous();
}

// The state, the flow and its change.
std::int64_t FusedUpdate::pair_channels() const {
  return convs_.grus.front().q.out_channels() + 2 * 2;
}

std::int64_t FusedUpdate::shared_channels() const {
  const std::int64_t hidden = convs_.grus.front().q.out_channels();
  const std::int64_t searched = convs_.correlation.size() > 1 ? search_.out() : 0;
  const std::int64_t joined = convs_.motion.in_channels();
  const std::int64_t motion = convs_.motion.out_channels() + 2;
  // Both gates, and where the flow leads.
  return searched + joined + convs_.flow1.out_channels() + motion + 2 * hidden +
         convs_.head1.out_channels() + kTaps + 3 * 2;
}

// What belongs to one pair of the batch.
struct FusedIterations::Pair {
  std::int64_t number;
  float* hidden;
  float* coarse;
  float* delta;
};

FusedIterations::FusedIterations(const FusedUpdate& update, const Correlation& correlation,
                                 std::vector<ContextTerms> context_terms, const at::Tensor& hidden,
                                 const at::Tensor& coarse)
    : update_(update),
      correlation_(correlation),
      context_terms_(std::move(context_terms)),
      height_(coarse.size(2)),
      width_(coarse.size(3)),
      pixels_(height_ * width_),
      hidden_(hidden.clone(at::MemoryFormat::ChannelsLast)),
      coarse_(coarse.clone(at::MemoryFormat::ChannelsLast)),
      delta_(at::empty_like(coarse_)) {
  for (ContextTerms& terms : context_terms_) {
    terms.zr = terms.zr.contiguous(at::MemoryFormat::ChannelsLast);
    terms.q = terms.q.contiguous(at::MemoryFormat::ChannelsLast);
  }
  const UpdateConvs& convs = update_.convs_;
  if (convs.correlation.size() > 1) searched_ = buffer(pixels_, update_.search_.out());
  joined_ = buffer(pixels_, convs.motion.in_channels());
  flow_features_ = at::empty({1, convs.flow1.out_channels(), height_, width_}, at::kFloat,
                             at::MemoryFormat::ChannelsLast);
  motion_ = buffer(pixels_, convs.motion.out_channels() + 2);
  gate_ = buffer(pixels_, hidden_.size(1));
  reset_ = at::empty_like(gate_);
  head_ = buffer(pixels_, convs.head1.out_channels());
  taps_ = buffer(pixels_, kTaps);
  points_ = buffer(pixels_, 2);
}

FusedIterations::Pair FusedIterations::pair(std::int64_t number) {
  return {number, floats(hidden_) + number * pixels_ * hidden_.size(1),
          floats(coarse_) + number * pixels_ * 2, floats(delta_) + number * pixels_ * 2};
}

void FusedIterations::advance() {
  for (std::int64_t number = 0; number < coarse_.size(0); number++) {
    const Pair one = pair(number);
    set_flow(one);
    search(one);
    encode_motion(one);
    update_state(one);
    predict(one);
  }
}

CpuImage FusedIterations::image(const at::Tensor& tensor) const {
  return {tensor.const_data_ptr<float>(), height_, width_, tensor.size(1), tensor.size(1)};
}

// Copies the flow to where it is read: beside the motion features, and as points.
void FusedIterations::set_flow(const Pair& pair) {
  float* const motion = floats(motion_);
  float* const points = floats(points_);
  const std::int64_t step = motion_.size(1);
  for (std::int64_t p = 0; p < pixels_; p++) {
    const float dx = pair.coarse[2 * p], dy = pair.coarse[2 * p + 1];
    motion[(p + 1) * step - 2] = dx;
    motion[(p + 1) * step - 1] = dy;
    points[2 * p] = static_cast<float>(p % width_) + dx;
    points[2 * p + 1] = static_cast<float>(p / width_) + dy;
  }
}

// The lookup with the 1x1 convolution after it.
void FusedIterations::search(const Pair& pair) {
  const PackedProduct& search = update_.search_;
  const at::Tensor& searched = searched_.defined() ? searched_ : joined_;
  LookupJob lookup = correlation_.lookup_job(pair.number);
  lookup.x = points_.const_data_ptr<float>();
  lookup.y = lookup.x + 1;
  lookup.step = 2;
  lookup.out_step = lookup.channels();
  const std::int64_t step = searched.size(1);
  const std::int64_t pieces = (pixels_ + kPixelsPerPiece - 1) / kPixelsPerPiece;
  cpu_pool().run(pieces, [&](std::int64_t piece) {
    const std::int64_t first = piece * kPixelsPerPiece;
    const std::int64_t last = std::min(first + kPixelsPerPiece, pixels_);
    float* const windows = thread_scratch(kPixelsPerPiece * search.in());
    cpu_kernels().look_up(lookup, first, last, windows);
    ProductJob job = search.job(windows, last - first, floats(searched) + first * step, step);
    job.epilogue = CpuEpilogue::Relu;
    cpu_kernels().multiply(job);
  });
}

void FusedIterations::encode_motion(const Pair& pair) {
  const UpdateConvs& convs = update_.convs_;
  convs.flow1.product()->run(coarse_.narrow(0, pair.number, 1), {}, flow_features_);
  if (searched_.defined()) {
    const WinogradConv& conv = *convs.correlation[1].winograd();
    WinogradJob job = conv.job(image(searched_));
    job.output = floats(joined_);
    job.out_step = joined_.size(1);
    conv.run(job);
  }
  WinogradJob flow2 = convs.flow2.winograd()->job(image(flow_features_));
  flow2.output = floats(joined_) + joined_.size(1) - flow2.out_channels;
  flow2.out_step = joined_.size(1);
  convs.flow2.winograd()->run(flow2);
  WinogradJob motion = convs.motion.winograd()->job(image(joined_));
  motion.output = floats(motion_);
  motion.out_step = motion_.size(1);
  convs.motion.winograd()->run(motion);
}

void FusedIterations::update_state(const Pair& pair) {
  const std::int64_t channels = hidden_.size(1);
  for (std::size_t i = 0; i < context_terms_.size(); i++) {
    const UpdateConvs::Gru& gru = update_.convs_.grus[i];
    const ContextTerms& terms = context_terms_[i];
    const auto job_of = [&](const Conv& conv, const float* state, const at::Tensor& term) {
      WinogradJob job = conv.winograd()->job({state, height_, width_, channels, channels});
      job.more = motion_.const_data_ptr<float>();
      job.more_channels = job.more_step = motion_.size(1);
      job.other = term.const_data_ptr<float>() + pair.number * pixels_ * term.size(1);
      job.state = pair.hidden;
      job.gate = gate_.const_data_ptr<float>();
      return job;
    };
    WinogradJob gates = job_of(gru.zr, pair.hidden, terms.zr);
    gates.epilogue = CpuEpilogue::GruGates;
    gates.output = floats(gate_);
    gates.reset_state = floats(reset_);
    gru.zr.winograd()->run(gates);
    WinogradJob state = job_of(gru.q, reset_.const_data_ptr<float>(), terms.q);
    state.epilogue = CpuEpilogue::GruState;
    state.output = pair.hidden;
    gru.q.winograd()->run(state);
  }
}

// The head's last convolution has two channels: the products of each pixel with all its weights are
// one product, of which each output sums nine.
void FusedIterations::predict(const Pair& pair) {
  const WinogradConv& conv = *update_.convs_.head1.winograd();
  const std::int64_t channels = hidden_.size(1);
  WinogradJob job = conv.job({pair.hidden, height_, width_, channels, channels});
  job.output = floats(head_);
  conv.run(job);
  const PackedProduct& product = update_.head2_;
  parallel_for(pixels_, kPixelsPerPiece, [&](std::int64_t first, std::int64_t last) {
    cpu_kernels().multiply(product.job(head_.const_data_ptr<float>() + first * product.in(),
                                       last - first, floats(taps_) + first * kTaps, kTaps));
  });
  const float* const taps = taps_.const_data_ptr<float>();
  const float* const bias = update_.head2_bias_.const_data_ptr<float>();
  parallel_for(pixels_, kPixelsPerPiece, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t p = first; p < last; p++) {
      const std::int64_t y = p / width_, x = p % width_;
      float dx = bias[0], dy = bias[1];
      for (std::int64_t ky = 0; ky < kHeadKernel; ky++) {
        for (std::int64_t kx = 0; kx < kHeadKernel; kx++) {
          const std::int64_t row = y + ky - 1, column = x + kx - 1;
          if (row < 0 || row >= height_ || column < 0 || column >= width_) continue;
          const float* tap = taps + (row * width_ + column) * kTaps + (ky * kHeadKernel + kx) * 2;
          dx += tap[0];
          dy += tap[1];
        }
      }
      pair.delta[2 * p] = dx;
      pair.delta[2 * p + 1] = dy;
      pair.coarse[2 * p] += dx;
      pair.coarse[2 * p + 1] += dy;
    }
  });
}

}  // namespace gsttorch
