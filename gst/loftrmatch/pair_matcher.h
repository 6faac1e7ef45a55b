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

/// Has the models find the matches of pairs: the full model alone, or adaptively, with a coarse
/// pass first. Reentrant.
class PairMatcher {
 public:
  PairMatcher() = default;
  /// `coarse` is the model of the coarse pass, null where there is none.
  PairMatcher(std::shared_ptr<MatchModel> full, std::shared_ptr<MatchModel> coarse)
      : full_(std::move(full)), coarse_(std::move(coarse)) {}

  const MatchModelInfo& info() const { return full_->info(); }  ///< of the full model
  /// What the work takes, for plan_match.
  MatchWorkspace workspace(int width, int height, int pairs, const MatchOptions& options) const;

  /// Makes what the model needs of an image, after which its pixels are not needed; in adaptive
  /// matching nothing, since what is needed is known only then. How often the model ran.
  Result<std::uint64_t> prepare(MatchImage& image, const MatchOptions& options,
                                const std::stop_token& stop) const;

  /// Finds the matches of prepared images, in batches as large as the plan says. How often the
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
