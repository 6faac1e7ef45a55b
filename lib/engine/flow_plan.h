// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <string>

#include "lib/base/result.h"
#include "lib/engine/flow_model.h"

namespace gsttorch {

struct FlowRequest {
  int width = 0;   ///< pixels of the frames
  int height = 0;  ///< pixels of the frames
  int pairs = 1;   ///< pairs that one call of FlowModel::flow should take
  int lag = 1;     ///< frames from the earlier to the later one of a pair
  FlowOptions options;
  /// What the frames' features and the work may take together.
  std::size_t available_bytes = std::numeric_limits<std::size_t>::max();

  bool operator==(const FlowRequest&) const = default;
};

struct FlowPlan {
  FlowOptions options;         ///< as asked, but for the correlation's budget and `max_size`
  int pairs = 1;               ///< for one call
  std::size_t bytes = 0;       ///< the most that features and work will take
  std::size_t work_bytes = 0;  ///< of these: while it is done; the rest is kept
  std::string reduced = {};    ///< what is less than asked, for people; empty: nothing
};

/// FlowModel::workspace, or what a test puts in its place.
using FlowWorkspaceOf =
    std::function<FlowWorkspace(int width, int height, int pairs, const FlowOptions& options)>;

/// How to do the work within the memory there is. What is asked for where it fits; else, in this
/// order and no further than needed:
/// 1. fewer pairs for one call (the same flow, less of the device in use);
/// 2. correlation on the fly, with as many pairs as then fit (the same flow, slower);
/// 3. a smaller image inside the model, one pair at a time (a coarser flow).
/// ErrorCode::OutOfMemory where not even the smallest image fits.
Result<FlowPlan> plan_flow(const FlowRequest& request, const FlowWorkspaceOf& workspace);

/// The same for a model's own workspace.
Result<FlowPlan> plan_flow(const FlowRequest& request, const FlowModel& model);

}  // namespace gsttorch
