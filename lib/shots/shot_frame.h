// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lib/shots/boundary.h"

namespace gsttorch {

/// The size of the small luma images that the rules look at: that of TransNetV2's input.
constexpr std::size_t kShotLumaWidth = 48;
constexpr std::size_t kShotLumaHeight = 27;
constexpr std::size_t kShotLumaSize = kShotLumaWidth * kShotLumaHeight;

/// TransNetV2's two heads for one frame, after the sigmoid, 0 to 1.
struct TransitionProbabilities {
  float last_frame = 0;  ///< single-frame head: a shot ends with this frame (or is in its middle)
  float any_frame = 0;   ///< many-hot head: the frame belongs to a transition
};

/// What is known of one frame. The spans are read before push() returns.
struct ShotFrame {
  FramePlace place;  ///< numbers rise, gaps are allowed
  /// Mean luma of each cell of a 48x27 grid over the image, row by row, 0 (black) to 255.
  std::span<const float> luma;
  /// The model's feature vector, of any scale but always of the same length; empty: none.
  std::span<const float> feature;
  std::optional<TransitionProbabilities> probabilities;
};

/// What is decided about one frame, in the order of the frames.
struct ShotDecision {
  FramePlace place;
  /// 0 to 1; a frame is a cut only where this reaches the threshold. Comparable between models.
  float score = 0;
  /// What the model itself said: cosine distance from the frame before, or TransNetV2's
  /// probability that the frame before ended a shot.
  float distance = 0;
  float mean_luma = 0;  ///< 0 to 255
  /// Boundaries that are known with this frame. A cut's start is this very frame. The others end
  /// at this frame or lie before it: a gradual change is known only when it is over.
  std::vector<Boundary> boundaries;
};

}  // namespace gsttorch
