// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/engine/frame_image.h"
#include "lib/engine/precision.h"
#include "lib/engine/thumbnail.h"

namespace gsttorch {

struct FeatureOptions {
  int layer = 0;  ///< after which of layer1 to layer4; 0: the last that there is

  bool operator==(const FeatureOptions&) const = default;
};

/// What one frame shows, as numbers that lie close together for images that look alike.
struct FrameFeatures {
  std::vector<float> values;  ///< [C], global mean of a layer
  Thumbnail thumbnail;
};

struct FeatureModelInfo {
  std::string architecture;  ///< "resnet18", or "resnet18-lite" where it is narrower
  std::string path;          ///< the weights file
  std::string device;        ///< "cpu", "cuda:0"
  Precision precision = Precision::Fp32;
  std::size_t parameters = 0;
  int layers = 0;  ///< how many of layer1 to layer4 there are
};

/// An image model with its weights, used for its features. Reentrant: calls on one model may
/// overlap.
class FeatureModel {
 public:
  virtual ~FeatureModel() = default;

  virtual const FeatureModelInfo& info() const = 0;

  /// Features of each frame, computed as one batch: equal to those of one frame at a time. A frame
  /// keeps its converted image for whoever asks next. A layer that the model lacks is BadArgument.
  virtual Result<std::vector<FrameFeatures>> features(std::span<FrameImage* const> frames,
                                                      const FeatureOptions& options,
                                                      std::stop_token stop = {}) = 0;

  /// The most bytes of tensors that so many frames in one call take.
  virtual std::size_t workspace(int frames) const = 0;
};

}  // namespace gsttorch
