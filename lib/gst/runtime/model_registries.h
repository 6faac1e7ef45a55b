// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <tuple>

#include "lib/gst/runtime/model_registry.h"

namespace gsttorch {

/// A registry for each kind of model. Thread-safe.
template <typename... Kinds>
class ModelRegistries {
 public:
  using Clock = std::chrono::steady_clock;

  ModelRegistries() : all_(std::make_shared<ModelRegistry<Kinds>>()...) {}

  template <typename Model>
  ModelRegistry<Model>& of() const {
    return *std::get<std::shared_ptr<ModelRegistry<Model>>>(all_);
  }

  /// See ModelRegistry. Set before first use.
  void on_unused(const std::function<void()>& callback) {
    (void(of<Kinds>().on_unused = callback), ...);
  }

  std::optional<Clock::time_point> drop_unused(Clock::duration grace) {
    std::optional<Clock::time_point> next;
    const auto note = [&next](const std::optional<Clock::time_point>& due) {
      if (due && (!next || *due < *next)) next = due;
    };
    (note(of<Kinds>().drop_unused(grace)), ...);
    return next;
  }

  /// Sums over all kinds.
  RegistryCounts counts() const {
    RegistryCounts sum;
    const auto add = [&sum](const RegistryCounts& counts) {
      sum.loads += counts.loads;
      sum.shared += counts.shared;
      sum.loaded += counts.loaded;
    };
    (add(of<Kinds>().counts()), ...);
    return sum;
  }

 private:
  std::tuple<std::shared_ptr<ModelRegistry<Kinds>>...> all_;
};

}  // namespace gsttorch
