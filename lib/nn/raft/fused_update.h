// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "lib/cpu/winograd.h"
#include "lib/nn/ops/conv.h"
#include "lib/nn/ops/packed_product.h"
#include "lib/nn/raft/correlation.h"

namespace gsttorch {

/// The convolutions of RAFT's update block, see update.h.
struct UpdateConvs {
  std::vector<Conv> correlation;  // one or two
  Conv flow1, flow2, motion;
  struct Gru {
    Conv zr, q;
  };
  std::vector<Gru> grus;
  Conv head1, head2;
};

/// Terms that the context adds in a recurrent unit before the activations.
struct ContextTerms {
  at::Tensor zr;  // [B, 2 hidden, h, w]
  at::Tensor q;   // [B, hidden, h, w]
};

/// The update block with its lookups as one function, on the CPU in float32. Each step writes where
/// the next one reads: results are joined without copies, and the gates of the recurrent units are
/// computed where their convolutions end. It uses the kernels of lib/cpu and no threads but those
/// of `cpu_pool`. Equals UpdateBlock up to rounding. Reentrant.
class FusedUpdate {
 public:
  /// Whether the kernels have these filters and widths.
  static bool fits(const UpdateConvs& convs);
  explicit FusedUpdate(const UpdateConvs& convs);

  /// Channels of the tensors that FusedIterations allocates: for each pair, and once for all.
  std::int64_t pair_channels() const;
  std::int64_t shared_channels() const;

 private:
  friend class FusedIterations;

  UpdateConvs convs_;
  PackedProduct
      search_;           // the first of convs_.correlation, with windows by rows instead of columns
  PackedProduct head2_;  // [(ky, kx, channel), in]: the sum over ky and kx follows
  at::Tensor head2_bias_;
};

/// The iterations of a batch of pairs.
class FusedIterations {
 public:
  /// hidden [B, hidden, h, w] and coarse [B, 2, h, w]: the state at the beginning.
  FusedIterations(const FusedUpdate& update, const Correlation& correlation,
                  std::vector<ContextTerms> context_terms, const at::Tensor& hidden,
                  const at::Tensor& coarse);

  /// Computes one iteration.
  void advance();

  /// The state after the last iteration and its last change; the next one overwrites them.
  const at::Tensor& hidden() const { return hidden_; }
  const at::Tensor& coarse() const { return coarse_; }
  const at::Tensor& delta() const { return delta_; }

 private:
  struct Pair;
  void search(const Pair& pair);
  void encode_motion(const Pair& pair);
  void update_state(const Pair& pair);
  void predict(const Pair& pair);
  void set_flow(const Pair& pair);
  Pair pair(std::int64_t number);
  CpuImage image(const at::Tensor& tensor) const;

  const FusedUpdate& update_;
  const Correlation& correlation_;
  std::vector<ContextTerms> context_terms_;
  std::int64_t height_, width_, pixels_;
  at::Tensor hidden_, coarse_, delta_;  // channels-last
  // Of one pair, [pixels, channels]. `points_` is where the flow leads, `taps_` the products of the
  // last convolution.
  at::Tensor searched_, joined_, flow_features_, motion_, gate_, reset_, head_, taps_, points_;
};

}  // namespace gsttorch
