// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/nn/weights/corrupt.h"
#include "lib/nn/weights/pickle.h"

namespace gsttorch {

// The few objects that a pickle may make. All throw Failure.

template <typename T>
const T& expect(PickleRef value, const char* what) {
  const T* typed = value->as<T>();
  if (!typed) fail_corrupt(std::string("malformed pickle: expected ") + what);
  return *typed;
}

/// What a global stands for, or a refusal (ErrorCode::Refused) that names it.
PickleValue global_value(std::string_view module, std::string_view name);

/// torch._utils._rebuild_tensor_v2
PickleValue rebuild_tensor(const std::vector<PickleRef>& arguments);

/// A storage from its persistent id: ('storage', type, key, location, elements[, None]). Where it
/// was when it was saved (`cuda:0`) says nothing about where it is wanted now: all load on the CPU.
PickleValue storage_value(PickleRef id);

}  // namespace gsttorch
