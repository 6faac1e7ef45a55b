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
#include "lib/engine/tensor.h"

namespace gsttorch {

enum class FlowDirection {
  Forward,   ///< on the grid of the earlier frame, from it to the later one
  Backward,  ///< on the grid of the later frame, from it to the earlier one
  Both,      ///< both, and the forward-backward consistency as confidence
};

struct FlowOptions {
  int iterations = 12;
  /// Stop when the mean update of an iteration falls below this, in pixels of the model's own input
  /// (never before the third iteration). 0: always run all iterations.
  double convergence_px = 0;
  /// Longer side of the image inside the model, in pixels; 0: the frame's own size.
  int max_size = 0;
  FlowDirection direction = FlowDirection::Forward;
  DataType output = DataType::Float32;
  /// Largest all-pairs correlation pyramid to store; above it, the model computes each correlation
  /// at lookup (slower lookups, no volume, the same flow).
  std::size_t correlation_budget_bytes = std::size_t{256} << 20;

  bool operator==(const FlowOptions&) const = default;
};

/// Features that a model extracted from one frame, reusable for any number of pairs. Opaque and
/// immutable.
class FlowFrame : public Derived {};

/// The coarse flow of a pair, with which the next pair's search can start. Opaque and immutable.
class FlowState {
 public:
  virtual ~FlowState() = default;
};

struct FlowPair {
  std::shared_ptr<const FlowFrame> earlier;
  std::shared_ptr<const FlowFrame> later;
  /// Start of the search: the state of the pair that ended at `earlier`, or null for zero flow.
  std::shared_ptr<const FlowState> warm_start;
};

struct FlowResult {
  TensorHandle forward;     ///< [H, W, 2] (x, y) in pixels of the frame; null for Backward
  TensorHandle backward;    ///< [H, W, 2]; null for Forward
  TensorHandle confidence;  ///< float32 [H, W] in 0..1 on the earlier frame's grid; only for Both
  int iterations = 0;       ///< iterations run
  double mean_magnitude_px = 0;  ///< of `forward` (of `backward` if `forward` is null)
  double max_magnitude_px = 0;
  double mean_x_px = 0;  ///< the mean vector, of the same array
  double mean_y_px = 0;
  bool is_flat = false;  ///< an image of the pair has no texture: the vectors mean nothing
  std::shared_ptr<const FlowState> state;  ///< warm start for the next pair
};

/// Peak bytes of encoding and of flow computation, and the bytes of one frame's features.
struct FlowWorkspace {
  std::size_t encode = 0;
  std::size_t features = 0;
  std::size_t flow = 0;
};

struct FlowModelInfo {
  std::string architecture;  ///< "raft-small" or "raft-large"
  std::string path;          ///< the weights file
  std::string device;        ///< "cpu", "cuda:0"
  Precision precision = Precision::Fp32;
  std::size_t parameters = 0;
};

/// A dense optical flow model with its weights. Reentrant: calls on one model may overlap.
class FlowModel {
 public:
  virtual ~FlowModel() = default;

  virtual const FlowModelInfo& info() const = 0;

  /// Extracts the features of one frame, which serve for either side of a pair. The frame caches
  /// the converted image and the features for later callers. `stop` ends the call between two
  /// blocks of the model with ErrorCode::Cancelled.
  virtual Result<std::shared_ptr<const FlowFrame>> encode(FrameImage& image,
                                                          const FlowOptions& options,
                                                          std::stop_token stop = {}) = 0;

  /// Returns the peak allocation in bytes of `flow` for this number of pairs and frame size
  /// (pixels), not counting the frames' features, and that of `encode` for one frame.
  virtual FlowWorkspace workspace(int width, int height, int pairs,
                                  const FlowOptions& options) const = 0;

  /// Computes the flow of all pairs as one batch; the results equal those of one pair at a time.
  /// All frames must come from `encode` with the same size and the same `max_size`. `stop` ends the
  /// call between two iterations with ErrorCode::Cancelled.
  virtual Result<std::vector<FlowResult>> flow(std::span<const FlowPair> pairs,
                                               const FlowOptions& options,
                                               std::stop_token stop = {}) = 0;
};

}  // namespace gsttorch
