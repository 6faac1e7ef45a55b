// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/scenedetect/scorer_loader.h"

#include "lib/models/weights_file.h"

namespace gsttorch {
namespace {

Result<ScorerChoice> choose(const std::string& name) {
  auto path = find_weights(name);
  if (!path) return path.error();
  return ScorerChoice{name, *path};
}

Result<void> check_layer(const FeatureModelInfo& info, int layer) {
  if (layer <= info.layers) return {};
  return Error{ErrorCode::BadArgument, "feature-layer=" + std::to_string(layer) +
                                           " is out of range: the last layer in " + info.path +
                                           " is layer" + std::to_string(info.layers)};
}

}  // namespace

Result<ScorerChoice> choose_scorer(const std::string& model) {
  if (model != "auto") return choose(model);
  for (const char* name : {"resnet18", "resnet18-lite", "transnetv2"}) {
    if (auto choice = choose(name)) return choice;
  }
  return choose("resnet18");
}

Result<std::shared_ptr<FrameScorer>> load_scorer(Models& models, const ModelOptions& model,
                                                 const ScorerOptions& options,
                                                 const std::stop_token& stop) {
  const auto features = models.feature_model(model, stop);
  if (features) {
    if (auto checked = check_layer((*features)->info(), options.features.layer); !checked) {
      return checked.error();
    }
    return std::shared_ptr<FrameScorer>(
        std::make_shared<FeatureScorer>(*features, options.features));
  }
  if (features.error().code != ErrorCode::WrongArchitecture) return features.error();
  const auto shots = models.shot_model(model, stop);
  if (shots) {
    return std::shared_ptr<FrameScorer>(std::make_shared<WindowScorer>(*shots, options.windows));
  }
  if (shots.error().code != ErrorCode::WrongArchitecture) return shots.error();
  return Error{ErrorCode::WrongArchitecture,
               "the file contains neither ResNet-18 nor TransNetV2: " + features.error().message};
}

}  // namespace gsttorch
