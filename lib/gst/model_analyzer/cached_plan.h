// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "lib/base/result.h"
#include "lib/gst/model_analyzer/model_host.h"
#include "lib/gst/util/boundary.h"

namespace gsttorch {

/// Posts a warning that the work is reduced to fit into memory, and how.
inline void warn_reduced(const ModelHost& host, const std::string& what) {
  post_warning(host.element(), {ErrorCode::OutOfMemory,
                                "To stay within the memory limit, the element uses " + what});
}

/// How an analysis fits its work into the available memory (FlowPlan, MatchPlan). The plan is kept
/// as long as the request (FlowRequest, MatchRequest) and the limit stay the same and others leave
/// the memory that it takes. It never grows by itself: two elements could change each other's plans
/// for ever. `held`, everywhere: bytes that the analysis keeps from frame to frame. Thread-bound.
template <typename Request, typename Plan>
class CachedPlan {
 public:
  /// Makes a plan for a request, which says the bytes that are available.
  using Make = std::function<Result<Plan>(const Request&)>;

  /// Makes another plan if one is needed. A reduced plan is posted as a warning, once for each
  /// plan.
  Result<void> update(const ModelHost& host, Request request, std::size_t held, const Make& make) {
    const std::size_t limit = host.memory_limit(), available = host.available_memory(held);
    const bool is_same = request_ == request && limit_ == limit;
    if (is_same && plan_.bytes <= available) return {};
    auto plan = planned(request, available, make);
    // Others may free what they use before it is needed: keep the plan, and let the allocation
    // fail.
    if (!plan) return is_same ? Result<void>() : plan.error();
    request_ = std::move(request);
    limit_ = limit;
    use(host, std::move(plan).value(), available);
    return {};
  }

  /// After the work ran out of memory: a plan that takes at least a quarter less. False if there is
  /// none.
  bool reduce(const ModelHost& host, std::size_t held, const Make& make) {
    if (!request_) return false;
    const std::size_t less = plan_.bytes - plan_.bytes / 4;
    const std::size_t available = std::min(host.available_memory(held), less);
    auto plan = planned(*request_, available, make);
    if (!plan) return false;
    use(host, std::move(plan).value(), available);
    return true;
  }

  /// What may be kept from frame to frame beside the work; 0: no limit.
  std::size_t budget() const {
    const bool is_limited = available_ != std::numeric_limits<std::size_t>::max();
    return is_limited ? available_ - std::min(available_ - 1, plan_.work_bytes) : 0;
  }

  const Plan& operator*() const { return plan_; }
  const Plan* operator->() const { return &plan_; }

 private:
  static Result<Plan> planned(Request request, std::size_t available, const Make& make) {
    request.available_bytes = available;
    return make(request);
  }

  void use(const ModelHost& host, Plan plan, std::size_t available) {
    const bool is_new = !plan.reduced.empty() && plan.reduced != plan_.reduced;
    plan_ = std::move(plan);
    available_ = available;
    host.log("plan: " + std::to_string(plan_.bytes) + " bytes, " +
             (plan_.reduced.empty() ? "as requested" : "reduced: " + plan_.reduced));
    if (is_new) warn_reduced(host, plan_.reduced);
  }

  std::optional<Request> request_;  // that plan_ is for, whatever is available
  std::size_t limit_ = 0;           // bytes, of that time
  std::size_t available_ = std::numeric_limits<std::size_t>::max();  // bytes, of that time
  Plan plan_;
};

}  // namespace gsttorch
