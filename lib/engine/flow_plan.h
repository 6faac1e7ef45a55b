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
  int pairs = 1;   ///< desired number of pairs per call of FlowModel::flow
  int lag = 1;     ///< distance in frames from the earlier to the later frame of a pair
  FlowOptions options;
  /// Memory for the frames' features and the computation together.
  std::size_t available_bytes = std::numeric_limits<std::size_t>::max();

  bool operator==(const FlowRequest&) const = default;
};

struct FlowPlan {
  FlowOptions options;         ///< as requested, except the correlation budget and `max_size`
  int pairs = 1;               ///< pairs per call
  std::size_t bytes = 0;       ///< peak of features and computation
  std::size_t work_bytes = 0;  ///< part of `bytes` that only a call allocates
  std::string reduced = {};    ///< what was reduced, as text for people; empty: nothing
};

/// FlowModel::workspace, or a test's replacement.
using FlowWorkspaceOf =
    std::function<FlowWorkspace(int width, int height, int pairs, const FlowOptions& options)>;

/// Plans the computation within the available memory. Returns the request unchanged if it fits;
/// otherwise reduces it, in this order and no further than needed:
/// 1. fewer pairs per call (the same flow, lower use of the device);
/// 2. on-the-fly correlation, with as many pairs as then fit (the same flow, slower);
/// 3. a smaller image inside the model, one pair at a time (a coarser flow).
/// Fails with ErrorCode::OutOfMemory if not even the smallest image fits.
Result<FlowPlan> plan_flow(const FlowRequest& request, const FlowWorkspaceOf& workspace);

/// Does the same with the model's own workspace.
Result<FlowPlan> plan_flow(const FlowRequest& request, const FlowModel& model);

}  // namespace gsttorch
