// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "lib/engine/engine.h"

namespace gsttorch {

/// Provides models to elements. Thread-safe.
class Models {
 public:
  virtual ~Models() = default;

  /// Returns the model for these options (which need not include the weights' properties), loads it
  /// if it is not loaded yet, and shares it among all equal requests. `stop` ends the wait with
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
