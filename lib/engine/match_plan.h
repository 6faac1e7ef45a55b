// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <string>

#include "lib/base/result.h"
#include "lib/engine/match_model.h"

namespace gsttorch {

struct MatchRequest {
  int width = 0;     ///< pixels of the frames
  int height = 0;    ///< pixels of the frames
  int pairs = 1;     ///< desired number of pairs per call of MatchModel::match
  int distance = 1;  ///< distance in frames from the first to the second frame of a pair
  MatchOptions options;
  /// Memory for the frames' features and the computation together.
  std::size_t available_bytes = std::numeric_limits<std::size_t>::max();

  bool operator==(const MatchRequest&) const = default;
};

struct MatchPlan {
  MatchOptions options;        ///< as requested, except `chunk` and `max_size`
  int pairs = 1;               ///< pairs per call
  std::size_t bytes = 0;       ///< peak of features and computation
  std::size_t work_bytes = 0;  ///< part of `bytes` that only a call allocates
  std::string reduced = {};    ///< what was reduced, as text for people; empty: nothing
};

/// MatchModel::workspace, or a test's replacement.
using MatchWorkspaceOf =
    std::function<MatchWorkspace(int width, int height, int pairs, const MatchOptions& options)>;

/// Plans the computation within the available memory. Returns the request unchanged if it fits;
/// otherwise reduces it, in this order and no further than needed: smaller chunks of the fine
/// stage, down to 16 matches, and fewer pairs per call (the same matches, lower use of the device);
/// then a smaller image inside the model (fewer matches). Fails with ErrorCode::OutOfMemory if not
/// even the smallest image fits.
Result<MatchPlan> plan_match(const MatchRequest& request, const MatchWorkspaceOf& workspace);

/// Does the same with the model's own workspace.
Result<MatchPlan> plan_match(const MatchRequest& request, const MatchModel& model);

}  // namespace gsttorch
