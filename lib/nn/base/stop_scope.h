// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <functional>
#include <stop_token>
#include <utility>

namespace gsttorch {

/// While it exists, the calling thread's work ends at the next step once the token is stopped. It
/// is per thread, like MemoryScope: otherwise every module would need a token parameter to pass on
/// to the others. Scopes nest; the innermost one counts.
class StopScope {
 public:
  explicit StopScope(std::stop_token stop);
  ~StopScope();
  StopScope(const StopScope&) = delete;
  StopScope& operator=(const StopScope&) = delete;

 private:
  const std::stop_token stop_;
  const std::stop_token* const outer_;
};

/// Throws Failure(Cancelled) if the scope's token is stopped. Models call it between their steps;
/// the longest step bounds how long a flush waits.
void end_if_stopped();

/// For tests: each end_if_stopped() of this thread calls the hook before it checks the token. An
/// empty hook does nothing.
void on_stop_check(std::function<void()> hook);

}  // namespace gsttorch
