// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <utility>

#include "gst/loftrmatch/match_result.h"
#include "lib/base/result.h"
#include "lib/engine/match_plan.h"

namespace gsttorch {

/// Finds the matches of pairs with the full model alone, or adaptively, with a coarse pass first.
/// Reentrant.
class PairMatcher {
 public:
  PairMatcher() = default;
  /// `coarse` is the model of the coarse pass, or null.
  PairMatcher(std::shared_ptr<MatchModel> full, std::shared_ptr<MatchModel> coarse)
      : full_(std::move(full)), coarse_(std::move(coarse)) {}

  const MatchModelInfo& info() const { return full_->info(); }  ///< of the full model
  /// The memory that the work needs, for plan_match.
  MatchWorkspace workspace(int width, int height, int pairs, const MatchOptions& options) const;

  /// Computes the model's features of an image, after which its pixels are not needed. With
  /// adaptive matching it does nothing, because the needed features are not known yet. Returns the
  /// number of model runs.
  Result<std::uint64_t> prepare(MatchImage& image, const MatchOptions& options,
                                const std::stop_token& stop) const;

  /// Finds the matches of prepared images, in batches of the planned size. Returns how often the
  /// models encoded an image meanwhile.
  Result<AdaptiveEncodes> match(std::span<const ImagePair> pairs, const MatchPlan& plan,
                                const std::stop_token& stop) const;

 private:
  bool is_adaptive() const { return coarse_ != nullptr; }
  AdaptiveModels models() const { return {*full_, *coarse_}; }
  Result<void> match_batch(std::span<const ImagePair> pairs, const MatchOptions& options,
                           const std::stop_token& stop) const;
  Result<AdaptiveEncodes> match_adaptively(std::span<const ImagePair> pairs, const MatchPlan& plan,
                                           const std::stop_token& stop) const;

  std::shared_ptr<MatchModel> full_, coarse_;
};

}  // namespace gsttorch
