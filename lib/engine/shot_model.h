// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/engine/precision.h"
#include "lib/engine/thumbnail.h"

namespace gsttorch {

/// What a model says of one frame, 0..1 each.
struct ShotProbabilities {
  float single = 0;  ///< a transition has its middle here; a cut: this is the last frame before it
  float all = 0;     ///< the frame is part of a transition
};

struct ShotModelInfo {
  std::string architecture;  ///< "transnetv2"
  std::string path;          ///< the weights file
  std::string device;        ///< "cpu", "cuda:0"
  Precision precision = Precision::Fp32;
  std::size_t parameters = 0;
};

/// A model that looks at many successive frames and says where shots change. Reentrant.
class ShotModel {
 public:
  virtual ~ShotModel() = default;

  virtual const ShotModelInfo& info() const = 0;

  /// The frame as the model sees it. The frame keeps the image for whoever asks next.
  virtual Result<Thumbnail> thumbnail(FrameImage& frame) = 0;

  /// Of each frame of a window, in order; ShotWindows tells which windows, and which to keep.
  /// `stop` is looked at between the model's blocks and ends the call with ErrorCode::Cancelled.
  virtual Result<std::vector<ShotProbabilities>> probabilities(std::span<const Thumbnail> window,
                                                               std::stop_token stop = {}) = 0;

  /// The most bytes of tensors that a window of so many frames takes.
  virtual std::size_t workspace(int frames) const = 0;
};

}  // namespace gsttorch
