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
  std::string name;  ///< for people
  std::string path;  ///< the weights file
};

/// The weights that a user's word stands for. "auto": ImageNet's ResNet-18 where somebody fetched
/// it, else the narrow one that comes with the project, else TransNetV2 if that is there.
Result<ScorerChoice> choose_scorer(const std::string& model);

/// Loads the model that the weights are of: ResNet-18 or TransNetV2.
Result<std::shared_ptr<FrameScorer>> load_scorer(Models& models, const ModelOptions& model,
                                                 const FeatureOptions& options,
                                                 const std::stop_token& stop);

}  // namespace gsttorch
