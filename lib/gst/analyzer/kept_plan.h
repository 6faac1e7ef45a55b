// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "lib/core/result.h"
#include "lib/gst/analyzer/analysis.h"
#include "lib/gst/boundary.h"

namespace gsttorch {

/// Tells the application what is less than asked, so that the work fits into memory.
inline void warn_degraded(const AnalyzerHost& host, const std::string& what) {
  post_warning(host.element(), {ErrorCode::OutOfMemory, "Within the memory limit: " + what});
}

/// How an analysis fits its work into the memory there is (FlowPlan, MatchPlan), for as long as
/// what is demanded (FlowDemand, MatchDemand) and `memory-limit` stay the same. Thread-bound.
template <typename Demand, typename Plan>
class KeptPlan {
 public:
  /// Makes another plan where it takes one: `make_plan` is asked with the demand and the bytes that
  /// are available now. Less than asked is told as a warning, once for each plan.
  template <typename MakePlan>
  Result<void> update(const AnalyzerHost& host, Demand demand, MakePlan&& make_plan) {
    const guint64 limit = host.settings().memory_limit;
    if (demand_ == demand && limit_ == limit) return {};
    Demand within = demand;
    within.available_bytes = host.available_memory();
    Result<Plan> plan = make_plan(within);
    if (!plan) return plan.error();
    plan_ = std::move(plan).value();
    demand_ = std::move(demand);
    limit_ = limit;
    if (!plan_.degraded.empty()) warn_degraded(host, plan_.degraded);
    return {};
  }

  const Plan& operator*() const { return plan_; }
  const Plan* operator->() const { return &plan_; }

 private:
  std::optional<Demand> demand_;  // that plan_ is for, whatever is available
  guint64 limit_ = 0;             // bytes, of that time
  Plan plan_;
};

}  // namespace gsttorch
