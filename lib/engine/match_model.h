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
  double threshold = 0.2;       ///< least confidence of a match; 0: any above 0
  std::size_t max_matches = 0;  ///< only the most confident ones; 0: all
  /// Longer side of the image inside the model, in pixels; 0: the frame's own size.
  int max_size = 0;
  /// At most one match, the most confident, in each square of so many cells a side of the first
  /// image; the rest is not refined either. 1: all.
  int spacing = 1;
  static constexpr double kMostPruned = 0.9;
  /// Share of the cells of each image that is left out of matching, 0 to `kMostPruned`: those
  /// with the weakest features. Fewer matches in less time; 0: all cells, the exact result.
  double token_pruning = 0;
  /// Matches that the fine stage works on at once: more take more memory, the same matches. On a
  /// GPU the model has its own number.
  int chunk = 128;

  bool operator==(const MatchOptions&) const = default;
};

/// What a model extracted from one image, ready for any number of pairs. Opaque; it holds the same
/// memory or less as it is used.
class MatchFrame : public Derived {};

/// The two may differ in size.
struct MatchPair {
  std::shared_ptr<const MatchFrame> first;
  std::shared_ptr<const MatchFrame> second;
};

struct MatchResult {
  std::vector<Match> matches;  ///< in pixels of the frames, by the first point's row, then column
};

/// Bytes that the parts of the work take while they run, and that one frame's features keep.
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
  int cell_px = 8;     ///< first points lie on a grid of so many pixels of the model's input
  int margin_px = 16;  ///< and so far from its borders at least
  bool has_fine_stage = true;  ///< second points are found to fractions of a pixel
};

/// A matching model with its weights. Reentrant: calls on one model may overlap.
class MatchModel {
 public:
  virtual ~MatchModel() = default;

  virtual const MatchModelInfo& info() const = 0;

  /// The features of one image, from which both sides of a pair are made. The frame keeps the
  /// converted image and the features for whoever asks next. `stop` is looked at between the
  /// model's blocks and ends the call with ErrorCode::Cancelled.
  virtual Result<std::shared_ptr<const MatchFrame>> encode(FrameImage& image,
                                                           const MatchOptions& options,
                                                           std::stop_token stop = {}) = 0;

  /// The most bytes that `match` has allocated at once beside the frames' features, for so many
  /// pairs of frames of that size (pixels), and that `encode` of one frame takes.
  virtual MatchWorkspace workspace(int width, int height, int pairs,
                                   const MatchOptions& options) const = 0;

  /// Matches of each pair, computed as one batch where the sizes are equal: the results equal those
  /// of one pair at a time. `stop` is looked at between layers, bands and chunks, and ends the call
  /// with ErrorCode::Cancelled.
  virtual Result<std::vector<MatchResult>> match(std::span<const MatchPair> pairs,
                                                 const MatchOptions& options,
                                                 std::stop_token stop = {}) = 0;
};

}  // namespace gsttorch
