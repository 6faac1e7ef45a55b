// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/engine/flow_plan.h"

#include <algorithm>
#include <optional>

namespace gsttorch {
namespace {

constexpr int kSmallestSize = 128;  // the model pads smaller images, so they save no memory
constexpr int kSizeStep = 8;

std::string megabytes(std::size_t bytes) {
  return std::to_string((bytes + 999'999) / 1'000'000) + " MB";
}

class Planner {
 public:
  Planner(const FlowRequest& request, const FlowWorkspaceOf& workspace)
      : request_(request), workspace_(workspace) {}

  std::optional<FlowPlan> with_fewer_pairs(const FlowOptions& options) const {
    for (int pairs = std::max(1, request_.pairs); pairs >= 1; pairs--) {
      const FlowPlan plan = plan_for(pairs, options);
      if (plan.bytes <= request_.available_bytes) return plan;
    }
    return std::nullopt;
  }

  std::optional<FlowPlan> with_smaller_size(FlowOptions options) const {
    for (int size = size_inside(options) - 1; size >= kSmallestSize; size--) {
      if (size % kSizeStep != 0) continue;
      options.max_size = size;
      const FlowPlan plan = plan_for(1, options);
      if (plan.bytes <= request_.available_bytes) return plan;
    }
    return std::nullopt;
  }

  std::size_t least(FlowOptions options) const {
    options.max_size = std::min(size_inside(options), kSmallestSize);
    return plan_for(1, options).bytes;
  }

  std::string difference(const FlowPlan& plan) const {
    std::string text;
    const auto add = [&text](const std::string& part) {
      text += (text.empty() ? "" : ", ") + part;
    };
    if (plan.pairs < request_.pairs) {
      add(std::to_string(plan.pairs) + " instead of " + std::to_string(request_.pairs) +
          " pairs at a time");
    }
    if (plan.options.correlation_budget_bytes < request_.options.correlation_budget_bytes) {
      add("correlation computed on the fly");
    }
    if (plan.options.max_size != request_.options.max_size) {
      add("a longer side of " + std::to_string(plan.options.max_size) + " instead of " +
          std::to_string(size_inside(request_.options)) + " pixels inside the model");
    }
    return text;
  }

 private:
  // Counts the features of all frames of the batch and of those between, and one call's
  // computation.
  FlowPlan plan_for(int pairs, const FlowOptions& options) const {
    const FlowWorkspace w = workspace_(request_.width, request_.height, pairs, options);
    const auto frames = static_cast<std::size_t>(pairs + std::max(1, request_.lag));
    const std::size_t work = std::max(w.encode, w.flow);
    return {options, pairs, frames * w.features + work, work};
  }

  int size_inside(const FlowOptions& options) const {
    const int longer = std::max(request_.width, request_.height);
    return options.max_size > 0 ? std::min(options.max_size, longer) : longer;
  }

  const FlowRequest& request_;
  const FlowWorkspaceOf& workspace_;
};

}  // namespace

Result<FlowPlan> plan_flow(const FlowRequest& request, const FlowWorkspaceOf& workspace) {
  if (request.width < 1 || request.height < 1) {
    return Error{ErrorCode::BadShape, "cannot compute the flow of empty frames"};
  }
  const Planner planner(request, workspace);
  FlowOptions on_the_fly = request.options;
  on_the_fly.correlation_budget_bytes = 0;
  auto plan = planner.with_fewer_pairs(request.options);
  if (!plan) plan = planner.with_fewer_pairs(on_the_fly);
  if (!plan) plan = planner.with_smaller_size(on_the_fly);
  if (!plan) {
    return Error{ErrorCode::OutOfMemory,
                 "cannot compute the flow of frames of " + std::to_string(request.width) + "x" +
                     std::to_string(request.height) + ": this requires at least " +
                     megabytes(planner.least(on_the_fly)) + ", but only " +
                     megabytes(request.available_bytes) + " may be used"};
  }
  plan->reduced = planner.difference(*plan);
  return *plan;
}

Result<FlowPlan> plan_flow(const FlowRequest& request, const FlowModel& model) {
  return plan_flow(request, [&model](int width, int height, int pairs, const FlowOptions& options) {
    return model.workspace(width, height, pairs, options);
  });
}

}  // namespace gsttorch
