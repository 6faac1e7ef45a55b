// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "gst/scenedetect/frame_scorer.h"
#include "lib/gst/runtime/models.h"

namespace gsttorch {

struct ScorerChoice {
  std::string name;  ///< for messages
  std::string path;  ///< the weights file
};

/// Finds the weights for a model name. "auto" selects ImageNet's ResNet-18 if it was fetched, else
/// the narrow one that is part of the project, else TransNetV2 if it is available.
Result<ScorerChoice> choose_scorer(const std::string& model);

struct ScorerOptions {
  FeatureOptions features;  ///< of ResNet-18
  std::size_t windows = 1;  ///< that TransNetV2 processes at once
};

/// Loads the model in these weights: ResNet-18 or TransNetV2.
Result<std::shared_ptr<FrameScorer>> load_scorer(Models& models, const ModelOptions& model,
                                                 const ScorerOptions& options,
                                                 const std::stop_token& stop);

}  // namespace gsttorch
