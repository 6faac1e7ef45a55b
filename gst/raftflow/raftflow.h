// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/lru_cache.h"
#include "lib/base/result.h"
#include "lib/engine/flow_model.h"
#include "lib/engine/flow_plan.h"
#include "lib/gst/gsttorchshotmeta.h"
#include "lib/gst/model_analyzer/cached_plan.h"
#include "lib/gst/model_analyzer/model_host.h"
#include "lib/gst/model_analyzer/model_slot.h"
#include "lib/gst/results_budget.h"

namespace gsttorch {

/// The properties of raftflow, without those common to all analysers.
struct RaftFlowSettings {
  /// What `quality` sets, where the user set it instead.
  struct Own {
    std::optional<int> iterations;
    std::optional<bool> skip_identical;
  };

  FlowOptions options;
  Own own;
  bool skip_identical = false;
  bool warm_start = false;
  guint lag = 1;
  bool reset_on_cut = true;
};

/// Pairs each frame with an earlier one, and computes the flow between them.
class RaftFlow final : public Analysis {
 public:
  explicit RaftFlow(ModelHost& host) : host_(host), model_(host) {}

  /// With the values of the preset for what the user did not set.
  RaftFlowSettings settings() const;
  template <typename Fn>
  void change_settings(Fn&& change) {
    const std::lock_guard lock(mutex_);
    change(settings_);
  }

  // Analysis
  Result<void> start() override;
  Result<void> wait_until_ready(std::stop_token stop) override;
  void stop() override;
  void reset() override { state_ = State(); }
  Result<void> analyze(std::span<AnalyzedFrame> frames, std::stop_token stop) override;
  void publish(AnalyzedFrame& frame) override;
  void add_stats(GstStructure* stats) const override;

 private:
  using Features = std::shared_ptr<const FlowFrame>;

  struct Seen {
    std::uint64_t index;
    GstClockTime pts;
    std::optional<std::uint64_t> pixels;  // their hash, with skip_identical
  };
  // What is kept of the stream; reset by assigning a default.
  struct State {
    std::deque<Seen> seen;  // frames with features, oldest first
    LruCache<std::uint64_t, Features> features;
    std::shared_ptr<const FlowState> warm_start;
    std::uint64_t warm_start_index = 0;  // index of the later frame of the pair that left it
    int max_size = 0;
    guint lag = 1;
  };
  struct OpticalFlow final : FrameResult {
    bool has_result() const override { return flow.has_value(); }
    GstClockTime reference_pts = GST_CLOCK_TIME_NONE;
    const char* skipped = nullptr;
    std::optional<FlowResult> flow;
  };
  struct Pair {
    FlowPair frames;
    OpticalFlow* found;
    std::uint64_t earlier_index, later_index;
  };

  Result<void> plan(const GstVideoInfo& info, const RaftFlowSettings& settings);
  void begin_frame(const AnalyzedFrame& frame, const RaftFlowSettings& settings,
                   GstTorchShotBoundary boundary);
  Result<void> pair_frame(AnalyzedFrame& frame, const RaftFlowSettings& settings,
                          std::vector<Pair>& pairs);
  CachedPlan<FlowRequest, FlowPlan>::Make planner() const;
  bool can_do_with_less(const Error& error);
  Result<Features> encode(const AnalyzedFrame& frame, const RaftFlowSettings& settings,
                          std::vector<Pair>& pairs);
  Features features_of_same(const Seen& frame);
  static void give_up(std::span<Pair> pairs);
  Result<void> compute(std::span<Pair> pairs, const RaftFlowSettings& settings,
                       const std::stop_token& stop);
  Result<void> compute_batch(std::span<Pair> pairs, const std::stop_token& stop);
  void attach(AnalyzedFrame& frame, const OpticalFlow& found);
  void post(const AnalyzedFrame& frame, const OpticalFlow& found) const;

  ModelHost& host_;  // owns this
  ResultsBudget budget_;
  mutable std::mutex mutex_;
  RaftFlowSettings settings_;                 // guarded by mutex_
  CacheCounts feature_counts_;                // guarded by mutex_
  std::atomic<guint64> pairs_ = 0;            // computed so far
  std::atomic<guint64> identical_pairs_ = 0;  // that were not computed
  ModelSlot<FlowModel> model_;
  std::shared_ptr<FlowModel> loaded_;  // of the analysis task, once ready
  State state_;
  CachedPlan<FlowRequest, FlowPlan> plan_;
};

}  // namespace gsttorch
