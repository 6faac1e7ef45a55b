// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/weights/module_weights.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "lib/nn/base/failure.h"

namespace gsttorch {
namespace {

std::string format_shape(at::IntArrayRef shape) {
  std::string text = "[";
  for (const std::int64_t size : shape) {
    text += (text.size() > 1 ? ", " : "") + (size < 0 ? std::string("*") : std::to_string(size));
  }
  return text + "]";
}

bool fits(at::IntArrayRef shape, at::IntArrayRef asked) {
  return shape.size() == asked.size() &&
         std::equal(shape.begin(), shape.end(), asked.begin(),
                    [](std::int64_t size, std::int64_t want) { return want < 0 || size == want; });
}

}  // namespace

ModuleWeights ModuleWeights::operator/(const std::string& name) const {
  ModuleWeights inner = *this;
  inner.prefix_ += name + ".";
  return inner;
}

bool ModuleWeights::has(const std::string& name) const {
  return state_->find(prefix_ + name) != state_->end();
}

at::Tensor ModuleWeights::take(const std::string& name,
                               std::initializer_list<std::int64_t> shape) const {
  if (stop_.stop_requested()) throw Failure(ErrorCode::Cancelled, "cancelled");
  const std::string key = prefix_ + name;
  const auto found = state_->find(key);
  if (found == state_->end()) {
    throw Failure(ErrorCode::WrongArchitecture, "the file has no tensor " + key + " " +
                                                    format_shape(shape) +
                                                    ": it may contain another model");
  }
  if (!fits(found->second.sizes(), shape)) {
    throw Failure(ErrorCode::WrongArchitecture, key + " is " + format_shape(found->second.sizes()) +
                                                    ", but the model requires " +
                                                    format_shape(shape));
  }
  return found->second.to(target_.device, at::kFloat).contiguous();
}

}  // namespace gsttorch
