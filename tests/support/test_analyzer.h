// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "lib/gst/analyzer/analysis.h"

namespace gsttorch {

/// Callbacks of the elements `testanalyzer` and `plaintestanalyzer`, which run instead of
/// inference, and a record of what they received. `testanalyzer` derives from the class for models,
/// `plaintestanalyzer` from the base class. All such elements share one; reset it before each test.
struct TestWork {
  struct Seen {
    std::uint64_t index;
    GstClockTime pts;
    bool is_discont;
    std::string skipped;
    bool operator==(const Seen&) const = default;
  };

  /// Called on the worker for each batch.
  std::function<Result<void>(std::span<AnalyzedFrame>, std::stop_token)> analyze;
  std::function<void(AnalyzerHost&, AnalyzedFrame&)> publish;
  std::function<Result<void>()> start;
  std::function<Result<void>(std::stop_token)> wait_until_ready;
  std::function<void()> stop, reset, decide_all, add_stats;
  guint look_ahead = 0;

  std::vector<Seen> seen() const {
    const std::lock_guard lock(mutex);
    return frames;
  }
  std::vector<std::size_t> batch_sizes() const {
    const std::lock_guard lock(mutex);
    return batches;
  }

  mutable std::mutex mutex;
  std::vector<Seen> frames;          // guarded by mutex
  std::vector<std::size_t> batches;  // guarded by mutex
  int resets = 0;                    // guarded by mutex
};

/// The work that all such elements share.
TestWork& test_work();
/// Creates new work and registers both elements with GStreamer.
TestWork& reset_test_work();

}  // namespace gsttorch
