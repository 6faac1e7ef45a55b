// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "lib/engine/precision.h"
#include "lib/engine/thumbnail.h"

namespace gsttorch {

/// A model's probabilities for one frame, 0..1 each.
struct ShotProbabilities {
  float single = 0;  ///< middle of a transition, or the last frame before a cut
  float all = 0;     ///< the frame is part of a transition
};

struct ShotModelInfo {
  std::string architecture;  ///< "transnetv2"
  std::string path;          ///< the weights file
  std::string device;        ///< "cpu", "cuda:0"
  Precision precision = Precision::Fp32;
  std::size_t parameters = 0;
};

/// A model that finds shot changes in a sequence of frames. Reentrant.
class ShotModel {
 public:
  virtual ~ShotModel() = default;

  virtual const ShotModelInfo& info() const = 0;

  /// Returns the frame as the model's input. The frame caches the image for later callers.
  virtual Result<Thumbnail> thumbnail(FrameImage& frame) = 0;

  /// Returns the probabilities of each frame of one or more windows of the same length, window
  /// after window: a batch, whose results equal those of single windows. Each window shares half of
  /// its frames with the next one, so n windows of 2k frames are (n + 1) k `frames`, in order. A
  /// single window may have any length. ShotWindows determines the windows and which results to
  /// use. `stop` ends the call between two blocks of the model with ErrorCode::Cancelled.
  virtual Result<std::vector<ShotProbabilities>> probabilities(std::span<const Thumbnail> frames,
                                                               std::size_t windows,
                                                               std::stop_token stop = {}) = 0;
  /// The same for a single window.
  Result<std::vector<ShotProbabilities>> probabilities(std::span<const Thumbnail> window,
                                                       std::stop_token stop = {}) {
    return probabilities(window, 1, std::move(stop));
  }

  /// Peak size in bytes of the tensors for windows of this number of frames in total.
  virtual std::size_t workspace(int frames) const = 0;
};

}  // namespace gsttorch
