// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <functional>
#include <stop_token>
#include <utility>

namespace gsttorch {

/// While it lives, the calling thread's work ends at the next step once the token is stopped. Of a
/// thread, as MemoryScope is: a token that every module hands on to every other would be in all
/// their signatures. Scopes nest; the innermost counts.
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

/// Between the steps of a model, the longest of which is how long a flush may wait: throws
/// Failure(Cancelled) where the scope's token is stopped.
void end_if_stopped();

/// For tests: called by each end_if_stopped of this thread, before it looks. Empty: nothing.
void on_stop_check(std::function<void()> hook);

}  // namespace gsttorch
