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
  int layer = 0;  ///< 1 to 4: features of layer1 to layer4; 0: of the last layer of the model

  bool operator==(const FeatureOptions&) const = default;
};

/// Describes the content of one frame: similar images have feature vectors close to each other.
struct FrameFeatures {
  std::vector<float> values;  ///< [C], global mean of a layer
  Thumbnail thumbnail;
};

struct FeatureModelInfo {
  std::string architecture;  ///< "resnet18", or "resnet18-lite" if it is narrower
  std::string path;          ///< the weights file
  std::string device;        ///< "cpu", "cuda:0"
  Precision precision = Precision::Fp32;
  std::size_t parameters = 0;
  int layers = 0;  ///< number of layers present, of layer1 to layer4
};

/// An image model with its weights, used as a feature extractor. Reentrant: calls on one model may
/// overlap.
class FeatureModel {
 public:
  virtual ~FeatureModel() = default;

  virtual const FeatureModelInfo& info() const = 0;

  /// Computes features of all frames as one batch; the results equal those of one frame at a time.
  /// Each frame caches its converted image for later callers. Fails with BadArgument if the model
  /// lacks the requested layer.
  virtual Result<std::vector<FrameFeatures>> features(std::span<FrameImage* const> frames,
                                                      const FeatureOptions& options,
                                                      std::stop_token stop = {}) = 0;

  /// Peak size in bytes of the tensors for one call with this number of frames.
  virtual std::size_t workspace(int frames) const = 0;
};

}  // namespace gsttorch
