// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <atomic>
#include <cstddef>

namespace gsttorch {

/// The test's settings for the fake engine (fake_engine.cpp), and its counts.
struct FakeEngineState {
  std::atomic<int> freest = 0;         ///< "auto" is "fake:N"
  std::atomic<std::size_t> used = 0;   ///< bytes that tensors pretend to use
  std::atomic<std::size_t> limit = 0;  ///< bytes, as set by the runtime
};

/// Name of the function that returns it.
inline constexpr char kFakeEngineState[] = "fake_engine_state";

}  // namespace gsttorch
