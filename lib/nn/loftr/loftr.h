// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include <ATen/core/Tensor.h>

#include "lib/nn/graph/graph_cache.h"
#include "lib/nn/loftr/backbone.h"
#include "lib/nn/loftr/config.h"
#include "lib/nn/loftr/dual_softmax.h"
#include "lib/nn/loftr/fine_matching.h"
#include "lib/nn/loftr/transformer.h"
#include "lib/nn/weights/module_weights.h"

namespace gsttorch {

/// LoFTR: matches between two images without keypoints. One class supports all variants: the
/// checkpoint's shapes determine widths and depths.
///
/// Everything that depends on one image only is computed once: the backbone and the first
/// self-attention. The backbone's upsampling path to fine features runs only for images that have
/// matches and, if these are few, only around them. Reentrant. Source: Sun et al., LoFTR, CVPR
/// 2021; zju3dv/LoFTR; semantics of kornia 0.9.0.
class Loftr {
 public:
  Loftr(const ModuleWeights& weights, const LoftrConfig& config);

  /// Everything that matching needs of one image. Fine features are added at their first use.
  /// Thread-safe.
  class Image {
   public:
    CoarseGrid grid() const { return {tokens_.size(2), tokens_.size(3)}; }
    const at::Tensor& tokens() const { return tokens_; }  // [1, C, h, w], after the first layer
    /// Size after encode(). Tensors added later replace others that are no longer needed.
    std::size_t bytes() const { return bytes_; }

   private:
    friend class Loftr;
    at::Tensor tokens_;
    std::size_t bytes_ = 0;
    mutable std::mutex mutex_;
    // Guarded by mutex_. Defined at first: coarse_ and the laterals; then middle_ and the fine
    // lateral; finally only the fine map.
    mutable at::Tensor coarse_, middle_lateral_, fine_lateral_;
    mutable at::Tensor middle_;  // [1, C2, 2h, 2w]
    mutable at::Tensor fine_;    // [1, C1, 4h, 4w]
  };

  /// image [1, 1, H, W] in 0..1, H and W multiples of `stride()`
  std::shared_ptr<const Image> encode(const at::Tensor& image) const;

  static constexpr std::size_t kBandBytes = std::size_t{64} << 20;

  struct Options {
    double threshold = 0.2;
    std::size_t max_matches = 0;  // keeps the most confident ones; 0: all
    std::int64_t spacing = 1;     // one match per square of spacing x spacing coarse cells
    double token_pruning = 0;     // share of the cells that is not matched: the weakest ones
    std::int64_t chunk = 128;     // matches per batch of the fine stage
    std::size_t band_bytes = kBandBytes;  // for the fine branch
    std::stop_token stop;
  };
  struct ImagePair {
    const Image* first;
    const Image* second;
  };
  struct Matches {
    std::vector<CoarseMatch> coarse;
    at::Tensor offsets;  // float32 [M, 2] on the CPU: offsets of the second points, pixels (x, y)
  };
  /// Returns the matches of each pair. Pairs of equal sizes pass through the transformer as one
  /// batch. Throws Failure(Cancelled) when stopped.
  std::vector<Matches> match(std::span<const ImagePair> pairs, const Options& options) const;

  /// For pairs of equal sizes: the cells to match, and their tokens after the transformer.
  struct CoarseTokens {
    LoftrTransformer::Pair tokens;          // [B, C, h, w], or [B, C, 1, K] of the cells below
    std::vector<at::Tensor> first, second;  // per pair, int64 [K]; empty: all cells
  };

  /// The two halves of `match` that run on any device, including the meta device, where the number
  /// of matches is unknown: the pairs' tokens after the transformer; and, for one pair's matches,
  /// the offsets [M, 2] of their second points, for which `tokens` must contain all cells.
  CoarseTokens coarse_tokens(std::span<const ImagePair> pairs, double token_pruning = 0) const;
  at::Tensor fine_offsets(const ImagePair& pair, const LoftrTransformer::Pair& tokens,
                          std::span<const CoarseMatch> matches, const Options& options) const;

  /// Bytes of tensors on the CPU, for images of one size: the peak of `encode` without the image,
  /// the size of an encoded image, and the peak of `match` without the images.
  struct Bytes {
    std::size_t encode, encoded, match;
  };
  struct ImageSize {
    std::int64_t height, width;  // pixels, multiples of `stride()`
  };
  Bytes bytes(ImageSize image, std::int64_t pairs, std::int64_t chunk) const;

  std::int64_t stride() const { return config_.coarse_stride(); }  ///< pixels per coarse cell
  const LoftrConfig& config() const { return config_; }
  const LoftrBackbone& backbone() const { return backbone_; }

 private:
  // For one image: the whole fine map, or the inputs to compute windows of it.
  struct FineMaps {
    at::Tensor map;
    at::Tensor lateral, middle;
  };
  FineMaps fine_maps(const Image& encoded, std::size_t windows, const Options& options) const;
  at::Tensor windows_of(const FineMaps& maps, std::span<const std::int64_t> tokens,
                        std::int64_t grid_width) const;
  std::vector<CoarseMatch> coarse_matches(const LoftrTransformer::Pair& tokens,
                                          double threshold) const;
  at::Tensor refine_on_gpu(const GraphCache::Tensors& maps_and_tokens, const at::Tensor& index,
                           std::int64_t width0, std::int64_t width1) const;
  at::Tensor fine_offsets_on_gpu(const ImagePair& pair, const LoftrTransformer::Pair& tokens,
                                 std::span<const CoarseMatch> matches,
                                 const Options& options) const;
  Matches match_one(const ImagePair& pair, const CoarseTokens& coarse, std::size_t index,
                    const Options& options) const;
  void limit(std::vector<CoarseMatch>& matches, const ImagePair& pair,
             const Options& options) const;

  mutable GraphCache graphs_;
  LoftrConfig config_;
  LoftrBackbone backbone_;
  LoftrTransformer transformer_;
  std::optional<LoftrFine> fine_;
};

}  // namespace gsttorch
