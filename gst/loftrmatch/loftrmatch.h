// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <atomic>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "gst/loftrmatch/frame_history.h"
#include "gst/loftrmatch/match_result.h"
#include "gst/loftrmatch/match_settings.h"
#include "gst/loftrmatch/pair_matcher.h"
#include "gst/loftrmatch/references.h"
#include "lib/base/lru_cache.h"
#include "lib/base/result.h"
#include "lib/engine/match_plan.h"
#include "lib/gst/model_analyzer/cached_plan.h"
#include "lib/gst/model_analyzer/model_host.h"
#include "lib/gst/model_analyzer/model_slot.h"
#include "lib/gst/results_budget.h"

namespace gsttorch {

/// Pairs each frame with another image, and finds the matches between them.
class LoftrMatch final : public Analysis {
 public:
  explicit LoftrMatch(ModelHost& host) : host_(host), model_(host), coarse_model_(host) {}

  /// With the values of the preset for what the user did not set.
  LoftrMatchSettings settings() const;
  template <typename Fn>
  void change_settings(Fn&& change) {
    const std::lock_guard lock(mutex_);
    change(settings_);
  }

  // Analysis
  Result<void> start() override;
  Result<void> wait_until_ready(std::stop_token stop) override;
  void stop() override;
  void reset() override { history_ = FrameHistory(); }
  Result<void> prepare(std::span<AnalyzedFrame> frames, std::stop_token stop) override;
  Result<void> analyze(std::span<AnalyzedFrame> frames, std::stop_token stop) override;
  void publish(AnalyzedFrame& frame) override;
  void add_stats(GstStructure* stats) const override;

 private:
  // What `stats` reports of the work since the element started.
  struct Counts {
    guint64 pairs = 0, matches = 0;
    guint64 frame_encodes = 0, reference_encodes = 0, coarse_encodes = 0;
    guint64 full_passes = 0, still_pairs = 0, disjoint_pairs = 0, partial_pairs = 0;
    CacheCounts features;
  };

  Result<void> start_coarse_model(const LoftrMatchSettings& settings, const ModelSettings& common,
                                  const std::string& full_path);
  Result<void> plan(const GstVideoInfo& info, const LoftrMatchSettings& settings);
  Result<void> match_frame(AnalyzedFrame& frame, const LoftrMatchSettings& settings,
                           std::vector<ImagePair>& pairs);
  CachedPlan<MatchRequest, MatchPlan>::Make planner() const;
  std::size_t held_bytes() const;
  bool can_do_with_less(const Error& error);
  Result<SharedImage> make_image(const AnalyzedFrame& frame, const LoftrMatchSettings& settings,
                                 std::vector<ImagePair>& pairs);
  static void give_up(std::vector<ImagePair>& pairs);
  Result<void> pair_with_earlier(const AnalyzedFrame& frame, const SharedImage& image,
                                 FrameMatches& found, std::vector<ImagePair>& pairs);
  Result<void> pair_with_references(const LoftrMatchSettings& settings, const SharedImage& image,
                                    FrameMatches& found, std::vector<ImagePair>& pairs);
  Result<void> match(std::vector<ImagePair>& pairs, const LoftrMatchSettings& settings,
                     const std::stop_token& stop);
  void count(std::span<const ImagePair> pairs);
  Result<void> check_geometry(std::span<const ImagePair> pairs, const LoftrMatchSettings& settings);
  void attach(AnalyzedFrame& frame, const FrameMatches& found, const PairMatches* one);
  void post(const AnalyzedFrame& frame, const FrameMatches& found, const PairMatches& one) const;

  ModelHost& host_;  // owns this
  ResultsBudget budget_;
  mutable std::mutex mutex_;
  LoftrMatchSettings settings_;  // guarded by mutex_
  Counts counts_;                // guarded by mutex_
  ModelSlot<MatchModel> model_;
  ModelSlot<MatchModel> coarse_model_;     // started if it differs from `model_`
  std::atomic<bool> is_adaptive_ = false;  // from `start` to `stop`
  bool has_own_coarse_model_ = false;      // valid for the same period

  // Of the analysis task, and of the worker that it waits for.
  PairMatcher matcher_;
  FrameHistory history_;
  References references_;
  CachedPlan<MatchRequest, MatchPlan> plan_;
  bool is_planned_ = false;  // `prepare` made the plan for these frames
};

}  // namespace gsttorch
