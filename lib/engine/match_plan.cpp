// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/engine/match_plan.h"

#include <algorithm>

namespace gsttorch {
namespace {

constexpr int kSmallestChunk = 16;
constexpr int kSmallestSize = 128;
constexpr int kSizeStep = 64;

std::string megabytes(std::size_t bytes) { return std::to_string(bytes / 1000000 + 1) + " MB"; }

class Planner {
 public:
  Planner(const MatchRequest& request, const MatchWorkspaceOf& workspace)
      : request_(request), workspace_(workspace) {}

  /// Reduces the plan step by step until it fits; returns false if no plan fits.
  bool fit(MatchPlan& plan) const {
    plan.options = request_.options;
    plan.pairs = std::max(1, request_.pairs);
    while (!fits(plan)) {
      if (plan.options.chunk > kSmallestChunk) {
        plan.options.chunk = std::max(kSmallestChunk, plan.options.chunk / 2);
      } else if (plan.pairs > 1) {
        plan.pairs--;
      } else if (size_inside(plan.options) > kSmallestSize) {
        plan.options.max_size =
            std::max(kSmallestSize, (size_inside(plan.options) - 1) / kSizeStep * kSizeStep);
      } else {
        return false;
      }
    }
    return true;
  }

  std::string difference(const MatchPlan& plan) const {
    std::string text;
    const auto add = [&text](const std::string& part) {
      text += (text.empty() ? "" : ", ") + part;
    };
    if (plan.options.chunk < request_.options.chunk) {
      add("fine matching of " + std::to_string(plan.options.chunk) + " matches at a time");
    }
    if (plan.pairs < request_.pairs) {
      add(std::to_string(plan.pairs) + " instead of " + std::to_string(request_.pairs) +
          " pairs at a time");
    }
    if (plan.options.max_size != request_.options.max_size) {
      add("a longer side of " + std::to_string(plan.options.max_size) + " instead of " +
          std::to_string(size_inside(request_.options)) + " pixels inside the model");
    }
    return text;
  }

 private:
  bool fits(MatchPlan& plan) const {
    const MatchWorkspace w = workspace_(request_.width, request_.height, plan.pairs, plan.options);
    const auto frames = static_cast<std::size_t>(plan.pairs + std::max(1, request_.distance));
    plan.work_bytes = std::max(w.encode, w.match);
    plan.bytes = frames * w.features + plan.work_bytes;
    return plan.bytes <= request_.available_bytes;
  }

  int size_inside(const MatchOptions& options) const {
    const int longer = std::max(request_.width, request_.height);
    return options.max_size > 0 ? std::min(options.max_size, longer) : longer;
  }

  const MatchRequest& request_;
  const MatchWorkspaceOf& workspace_;
};

}  // namespace

Result<MatchPlan> plan_match(const MatchRequest& request, const MatchWorkspaceOf& workspace) {
  if (request.width < 1 || request.height < 1) {
    return Error{ErrorCode::BadShape, "cannot match empty frames"};
  }
  const Planner planner(request, workspace);
  MatchPlan plan;
  if (!planner.fit(plan)) {
    return Error{ErrorCode::OutOfMemory, "cannot match frames of " + std::to_string(request.width) +
                                             "x" + std::to_string(request.height) +
                                             ": this requires at least " + megabytes(plan.bytes) +
                                             ", but only " + megabytes(request.available_bytes) +
                                             " may be used"};
  }
  plan.reduced = planner.difference(plan);
  return plan;
}

Result<MatchPlan> plan_match(const MatchRequest& request, const MatchModel& model) {
  return plan_match(request,
                    [&model](int width, int height, int pairs, const MatchOptions& options) {
                      return model.workspace(width, height, pairs, options);
                    });
}

}  // namespace gsttorch
