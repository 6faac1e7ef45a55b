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
  int pairs = 1;     ///< pairs that one call of MatchModel::match should take
  int distance = 1;  ///< frames from the first to the second of a pair
  MatchOptions options;
  /// What the frames' features and the work may take together.
  std::size_t available_bytes = std::numeric_limits<std::size_t>::max();

  bool operator==(const MatchRequest&) const = default;
};

struct MatchPlan {
  MatchOptions options;        ///< as asked, but for `chunk` and `max_size`
  int pairs = 1;               ///< for one call
  std::size_t bytes = 0;       ///< the most that features and work will take
  std::size_t work_bytes = 0;  ///< of these: while it is done; the rest is kept
  std::string reduced = {};    ///< what is less than asked, for people; empty: nothing
};

/// MatchModel::workspace, or what a test puts in its place.
using MatchWorkspaceOf =
    std::function<MatchWorkspace(int width, int height, int pairs, const MatchOptions& options)>;

/// How to do the work within the memory there is. What is asked for where it fits; else, in this
/// order and no further than needed: smaller chunks of the fine stage, down to 16 matches, and
/// fewer pairs for one call (the same matches, less of the device in use); then a smaller image
/// inside the model (fewer matches). ErrorCode::OutOfMemory where not even the smallest fits.
Result<MatchPlan> plan_match(const MatchRequest& request, const MatchWorkspaceOf& workspace);

/// The same for a model's own workspace.
Result<MatchPlan> plan_match(const MatchRequest& request, const MatchModel& model);

}  // namespace gsttorch
