// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "lib/engine/engine.h"

namespace gsttorch {

/// Where elements get their models. Thread-safe.
class Models {
 public:
  virtual ~Models() = default;

  /// The model that the options say, which need not say the weights' properties, loaded if nobody
  /// has it yet; shared with all who ask for the same. `stop` ends the wait with
  /// ErrorCode::Cancelled.
  virtual Result<std::shared_ptr<FlowModel>> flow_model(const ModelOptions& options,
                                                        std::stop_token stop) = 0;
  virtual Result<std::shared_ptr<FeatureModel>> feature_model(const ModelOptions& options,
                                                              std::stop_token stop) = 0;
  virtual Result<std::shared_ptr<ShotModel>> shot_model(const ModelOptions& options,
                                                        std::stop_token stop) = 0;
  virtual Result<std::shared_ptr<MatchModel>> match_model(const ModelOptions& options,
                                                          std::stop_token stop) = 0;
};

}  // namespace gsttorch
