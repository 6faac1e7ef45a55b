// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

#include "lib/matching/adaptive_plan.h"
#include "lib/matching/match_image.h"

namespace gsttorch {

/// The two models of adaptive matching; they may be the same.
struct AdaptiveModels {
  MatchModel& full;
  MatchModel& coarse;
};

struct AdaptivePair {
  MatchImage* first;
  MatchImage* second;
};

struct AdaptiveResult {
  std::vector<Match> matches;  ///< in pixels of the whole images
  AdaptivePlan plan;
  int passes = 1;
  int size = 0;  ///< longer side of the second image's region that was matched, pixels
};

/// Number of encoder runs: of the full model for first and second images, and of the coarse pass.
struct AdaptiveEncodes {
  std::uint64_t first = 0, second = 0, coarse = 0;
};

/// MatchModel::workspace for both passes, a copy of the pixels, and all cached features.
MatchWorkspace adaptive_workspace(const AdaptiveModels& models, int width, int height, int pairs,
                                  const MatchOptions& options);

/// Matches pairs with a coarse pass and, if plan_adaptive requires it, a full pass. A model
/// processes up to `most` pairs per call; the results equal those of one pair at a time.
Result<std::vector<AdaptiveResult>> match_adaptively(const AdaptiveModels& models,
                                                     std::span<const AdaptivePair> pairs,
                                                     const MatchOptions& options, std::size_t most,
                                                     AdaptiveEncodes& encodes,
                                                     const std::stop_token& stop);

}  // namespace gsttorch
