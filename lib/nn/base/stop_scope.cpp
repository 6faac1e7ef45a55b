// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/base/stop_scope.h"

#include "lib/nn/base/failure.h"

namespace gsttorch {
namespace {

thread_local const std::stop_token* current = nullptr;
thread_local std::function<void()> hook_of_test;

}  // namespace

StopScope::StopScope(std::stop_token stop) : stop_(std::move(stop)), outer_(current) {
  current = &stop_;
}

StopScope::~StopScope() { current = outer_; }

void end_if_stopped() {
  if (hook_of_test) hook_of_test();
  if (current && current->stop_requested()) throw Failure(ErrorCode::Cancelled, "cancelled");
}

void on_stop_check(std::function<void()> hook) { hook_of_test = std::move(hook); }

}  // namespace gsttorch
