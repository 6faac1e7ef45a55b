// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/raft/raft.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <ATen/ATen.h>

#include "lib/nn/base/failure.h"
#include "lib/nn/base/stop_scope.h"
#include "lib/nn/raft/correlation.h"
#include "lib/nn/raft/flow_figures.h"
#include "lib/nn/raft/upsample.h"

namespace gsttorch {
namespace {

constexpr int kLeastIterations = 3;  // before convergence is checked

std::int64_t correlation_channels(int radius) {
  return Correlation::kLevels * (2 * radius + 1) * (2 * radius + 1);
}

// The window radius that the motion encoder was trained with: channels = levels (2r+1)^2.
int radius_from(const ModuleWeights& weights) {
  const at::Tensor w =
      weights.take("update_block.motion_encoder.convcorr1.0.weight", {-1, -1, 1, 1});
  const double side = std::sqrt(static_cast<double>(w.size(1)) / Correlation::kLevels);
  const int radius = static_cast<int>(std::lround((side - 1) / 2));
  if (correlation_channels(radius) != w.size(1) || radius < 1 || radius > 6) {
    throw Failure(ErrorCode::WrongArchitecture,
                  "convcorr1 has " + std::to_string(w.size(1)) +
                      " input channels, which is not 4 (2r + 1)^2 for a radius r in 1..6");
  }
  return radius;
}

std::size_t bytes_of(std::int64_t channels, std::int64_t pixels, at::ScalarType type = at::kFloat) {
  return static_cast<std::size_t>(channels * pixels) * at::elementSize(type);
}

std::int64_t hidden_from(const ModuleWeights& weights) {
  return weights.take("update_block.flow_head.conv1.weight", {-1, -1, 3, 3}).size(1);
}

std::optional<MaskPredictor> mask_from(const ModuleWeights& weights, std::int64_t hidden) {
  if (!weights.has("mask_predictor.conv.weight")) return std::nullopt;
  return MaskPredictor(weights / "mask_predictor", hidden);
}

at::Tensor pixel_grid(const at::Tensor& like) {  // [1, 2, h, w] of (x, y)
  const at::TensorOptions options = like.options().memory_format(std::nullopt);
  const std::int64_t h = like.size(2), w = like.size(3);
  const at::Tensor x = at::arange(w, options).view({1, w}).expand({h, w});
  const at::Tensor y = at::arange(h, options).view({h, 1}).expand({h, w});
  return at::stack({x, y}).unsqueeze(0);
}

// Tracks which pairs of a batch have converged, and their states at that iteration, so that a
// pair's result does not depend on the other pairs of its batch.
class Convergence {
 public:
  Convergence(double threshold_px, std::int64_t batch)
      : threshold_(threshold_px), iterations_(batch, 0), pending_(batch) {}

  /// Returns true when no pair needs another iteration.
  bool update(int iteration, const at::Tensor& delta, const at::Tensor& coarse,
              const at::Tensor& hidden) {
    if (threshold_ <= 0 || iteration < kLeastIterations) return false;
    const at::Tensor lengths = vector_lengths(delta.to(at::kFloat), 1);  // [B, H/8, W/8]
    const at::Tensor mean_px = (lengths.mean({1, 2}) * 8).cpu();
    for (std::size_t b = 0; b < iterations_.size(); b++) {
      if (iterations_[b] == 0 && mean_px[b].item<double>() < threshold_) {
        iterations_[b] = iteration;
        coarse_.push_back({b, coarse.narrow(0, b, 1).clone()});
        hidden_.push_back({b, hidden.narrow(0, b, 1).clone()});
        pending_--;
      }
    }
    return pending_ == 0;
  }

  /// Restores the state of pairs that converged before the last iteration.
  std::vector<int> finish(int iterations, at::Tensor& coarse, at::Tensor& hidden) {
    for (const auto& [b, value] : coarse_) coarse.narrow(0, b, 1).copy_(value);
    for (const auto& [b, value] : hidden_) hidden.narrow(0, b, 1).copy_(value);
    for (int& count : iterations_) count = count ? count : iterations;
    return iterations_;
  }

 private:
  double threshold_;
  std::vector<int> iterations_;  // 0: not converged
  std::size_t pending_;
  std::vector<std::pair<std::int64_t, at::Tensor>> coarse_, hidden_;
};

}  // namespace

bool Raft::is_large(const StateDict& state) {
  return state.find("mask_predictor.conv.weight") != state.end();
}

Raft::Raft(const ModuleWeights& weights)
    : radius_(radius_from(weights)),
      feature_encoder_(weights / "feature_encoder", Normalization::Instance),
      hidden_channels_(hidden_from(weights)),
      context_encoder_(weights / "context_encoder", Normalization::None),
      update_block_(weights / "update_block", correlation_channels(radius_), hidden_channels_,
                    context_encoder_.out_channels() - hidden_channels_),
      mask_predictor_(mask_from(weights, hidden_channels_)) {}

Raft::Features Raft::encode(const at::Tensor& image) const {
  Features features;
  features.map = feature_encoder_(image).to(at::kFloat);
  const at::Tensor context = context_encoder_(image);
  const std::int64_t rest = context.size(1) - hidden_channels_;
  const auto part = [&](std::int64_t first, std::int64_t count) {
    return context.narrow(1, first, count).contiguous(at::MemoryFormat::ChannelsLast);
  };
  features.hidden = part(0, hidden_channels_).tanh_();
  features.context = part(hidden_channels_, rest).relu_();
  return features;
}

Raft::Flow Raft::flow(const Pairs& pairs, const Options& options) const {
  const StopScope scope(options.stop);
  const at::Tensor& map = pairs.first.map;
  const std::int64_t batch = map.size(0), h = map.size(2), w = map.size(3);
  const bool fits = Correlation::volume_bytes(batch, h, w) <= options.correlation_budget_bytes;
  std::optional<Correlation> correlation(
      std::in_place, map, pairs.second_map, radius_,
      fits ? Correlation::Form::Volume : Correlation::Form::OnTheFly);
  auto context_terms = update_block_.precompute_context(pairs.first.context);
  const at::Tensor origin = pixel_grid(map);

  at::Tensor hidden = pairs.first.hidden;
  at::Tensor coarse =
      pairs.start.defined() ? pairs.start : at::zeros({batch, 2, h, w}, origin.options());
  std::optional<FusedIterations> fused;
  if (options.fused && update_block_.fused()) {
    fused.emplace(*update_block_.fused(), *correlation, context_terms, hidden, coarse);
    hidden = fused->hidden();
    coarse = fused->coarse();
  }
  Convergence convergence(options.convergence_px, batch);
  int iteration = 0;
  while (iteration < options.iterations) {
    end_if_stopped();
    UpdateBlock::Step step{hidden, {}};
    if (fused) {
      fused->advance();  // changes hidden and coarse
      step.delta = fused->delta();
    } else {
      step = update_block_(hidden, context_terms, correlation->lookup(origin + coarse), coarse);
      hidden = step.hidden;
      coarse = coarse + step.delta.contiguous().to(at::kFloat);
    }
    iteration++;
    if (convergence.update(iteration, step.delta, coarse, hidden)) break;
  }
  fused.reset();
  correlation.reset();  // most of the memory, not needed for upsampling
  context_terms.clear();
  end_if_stopped();
  const std::vector<int> iterations = convergence.finish(iteration, coarse, hidden);
  return {upsample(coarse, hidden), coarse, iterations};
}

std::size_t Raft::feature_bytes(Extent padded) const {
  const std::int64_t pixels = padded.width / 8 * (padded.height / 8);
  return bytes_of(feature_encoder_.out_channels(), pixels) +
         bytes_of(context_encoder_.out_channels(), pixels, context_encoder_.type());
}

std::size_t Raft::encode_bytes(Extent padded) const {
  const at::ScalarType type = feature_encoder_.type();
  const std::size_t map =
      bytes_of(feature_encoder_.out_channels(), (padded.width / 8) * (padded.height / 8));
  const std::size_t copy = type == at::kFloat ? 0 : bytes_of(3, padded.width * padded.height, type);
  return copy + std::max(bytes_of(feature_encoder_.peak_elements(padded), 1, type),
                         map + bytes_of(context_encoder_.peak_elements(padded), 1, type));
}

// Follows the lifetimes in `flow` and `UpdateBlock`, in elements per pixel of the 1/8 grid.
std::size_t Raft::flow_bytes(Extent padded, std::int64_t batch, std::size_t budget) const {
  const std::int64_t h = padded.height / 8, w = padded.width / 8;
  const std::int64_t map = feature_encoder_.out_channels();
  const std::int64_t joined = batch > 1 ? 2 * map + context_encoder_.out_channels() : 0;
  const std::int64_t kept = joined + 8;  // plus positions, flow, start
  const at::ScalarType type = context_encoder_.type();
  const FusedUpdate* fused = update_block_.fused();
  const std::int64_t updating =
      update_block_.context_term_channels() +
      (fused ? fused->pair_channels() : hidden_channels_ + update_block_.peak_channels());
  const std::size_t shared = fused ? bytes_of(fused->shared_channels(), h * w) : 0;
  const std::int64_t looked_up = type == at::kFloat ? 0 : correlation_channels(radius_);
  const std::size_t volume = Correlation::volume_bytes(batch, h, w);
  const std::size_t levels = volume <= budget ? volume : bytes_of(map, batch * h * w) * 21 / 64;
  const std::size_t search = levels + shared + bytes_of(kept + map + looked_up, batch * h * w) +
                             bytes_of(updating, batch * h * w, type);
  const std::int64_t full = 2 * 64;
  const std::int64_t upsampling = mask_predictor_ ? 2 * mask_predictor_->out_channels() : 2 * full;
  return std::max(search, bytes_of(kept + 2 * hidden_channels_ + full + upsampling, batch * h * w));
}

at::Tensor Raft::upsample(const at::Tensor& coarse, const at::Tensor& hidden) const {
  if (!mask_predictor_) return upsample_bilinear(coarse);
  at::Tensor mask = (*mask_predictor_)(hidden).to(at::kFloat).contiguous();
  return upsample_convex(coarse, std::move(mask));
}

}  // namespace gsttorch
