// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/engine/frame_image.h"
#include "lib/engine/precision.h"
#include "lib/formats/match.h"

namespace gsttorch {

struct MatchOptions {
  double threshold = 0.2;       ///< minimum confidence of a match; 0: any above 0
  std::size_t max_matches = 0;  ///< keeps only the most confident ones; 0: all
  /// Longer side of the image inside the model, in pixels; 0: the frame's own size.
  int max_size = 0;
  /// Keeps only the most confident match in each square of `spacing` x `spacing` coarse cells of
  /// the first image and does not refine the others. 1: keeps all.
  int spacing = 1;
  static constexpr double kMostPruned = 0.9;
  /// Share of the coarse cells of each image that matching ignores, 0 to `kMostPruned`: those with
  /// the weakest features. Fewer matches in less time; 0: all cells, the exact result.
  double token_pruning = 0;
  /// Matches that the fine stage processes at once: a higher number needs more memory and gives the
  /// same matches. On a GPU the model uses its own number.
  int chunk = 128;

  bool operator==(const MatchOptions&) const = default;
};

/// Features that a model extracted from one image, reusable for any number of pairs. Opaque; its
/// memory use never grows.
class MatchFrame : public Derived {};

/// The two frames may differ in size.
struct MatchPair {
  std::shared_ptr<const MatchFrame> first;
  std::shared_ptr<const MatchFrame> second;
};

struct MatchResult {
  std::vector<Match> matches;  ///< in frame pixels, sorted by the first point's row and column
};

/// Peak bytes of encoding and of matching, and the bytes of one frame's features.
struct MatchWorkspace {
  std::size_t encode = 0;
  std::size_t features = 0;
  std::size_t match = 0;
};

struct MatchModelInfo {
  std::string architecture;  ///< "loftr", or "loftr-coarse" without a fine stage
  std::string path;          ///< the weights file
  std::string device;        ///< "cpu", "cuda:0"
  Precision precision = Precision::Fp32;
  std::size_t parameters = 0;
  int cell_px = 8;             ///< grid spacing of first points, in pixels of the model's input
  int margin_px = 16;          ///< minimum distance of first points from the input's borders
  bool has_fine_stage = true;  ///< second points have subpixel accuracy
};

/// A matching model with its weights. Reentrant: calls on one model may overlap.
class MatchModel {
 public:
  virtual ~MatchModel() = default;

  virtual const MatchModelInfo& info() const = 0;

  /// Extracts the features of one image, which serve for either side of a pair. The frame caches
  /// the converted image and the features for later callers. `stop` ends the call between two
  /// blocks of the model with ErrorCode::Cancelled.
  virtual Result<std::shared_ptr<const MatchFrame>> encode(FrameImage& image,
                                                           const MatchOptions& options,
                                                           std::stop_token stop = {}) = 0;

  /// Returns the peak allocation in bytes of `match` for this number of pairs and frame size
  /// (pixels), not counting the frames' features, and that of `encode` for one frame.
  virtual MatchWorkspace workspace(int width, int height, int pairs,
                                   const MatchOptions& options) const = 0;

  /// Matches all pairs, as one batch if the sizes are equal; the results equal those of one pair at
  /// a time. `stop` ends the call between layers, bands or chunks with ErrorCode::Cancelled.
  virtual Result<std::vector<MatchResult>> match(std::span<const MatchPair> pairs,
                                                 const MatchOptions& options,
                                                 std::stop_token stop = {}) = 0;
};

}  // namespace gsttorch
