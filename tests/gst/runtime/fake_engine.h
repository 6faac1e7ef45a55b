// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <atomic>
#include <cstddef>

namespace gsttorch {

/// What a test tells the fake engine (fake_engine.cpp), and what that counts.
struct FakeEngineState {
  std::atomic<int> freest = 0;         ///< "auto" is "fake:N"
  std::atomic<std::size_t> used = 0;   ///< bytes that tensors are said to take
  std::atomic<std::size_t> limit = 0;  ///< bytes, as it was set
};

/// Name of the function that gives it.
inline constexpr char kFakeEngineState[] = "fake_engine_state";

}  // namespace gsttorch
