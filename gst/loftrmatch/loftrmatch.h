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

#include "lib/core/lru_cache.h"
#include "lib/core/result.h"
#include "lib/engine/geometry.h"
#include "lib/engine/match_model.h"
#include "lib/engine/match_plan.h"
#include "lib/gst/analyzer/analysis.h"
#include "lib/gst/analyzer/model_slot.h"

namespace gsttorch {

enum class MatchMode { Previous, Lag, Reference, ShotStart };

/// The properties of a loftrmatch beside those of every analyser.
struct LoftrMatchSettings {
  MatchOptions options;
  MatchMode mode = MatchMode::Previous;
  guint lag = 1;  // frames; in mode lag
  std::string reference_location;
  GeometryKind geometry = GeometryKind::None;
  bool refine = false;

  guint distance() const { return mode == MatchMode::Lag ? lag : 1; }
};

/// Pairs each frame with another picture, and has the matches between them found.
class LoftrMatch final : public Analysis {
 public:
  explicit LoftrMatch(AnalyzerHost& host) : host_(host), model_(host) {}

  LoftrMatchSettings settings() const;
  template <typename Fn>
  void change_settings(Fn&& change) {
    const std::lock_guard lock(mutex_);
    change(settings_);
  }

  // Analysis
  Result<void> start() override;
  Result<std::string> wait_until_ready(std::stop_token stop) override;
  void stop() override;
  void reset() override { state_ = State(); }
  Result<void> analyze(std::span<AnalyzedFrame> frames, std::stop_token stop) override;
  void publish(AnalyzedFrame& frame) override;
  void add_stats(GstStructure* stats) const override;

 private:
  using Features = std::shared_ptr<const MatchFrame>;

  struct Seen {
    std::uint64_t index;
    GstClockTime pts;
  };
  // What is remembered of the stream; forgotten by assigning a default.
  struct State {
    std::deque<Seen> seen;  // frames with features, oldest first
    LruCache<std::uint64_t, Features> features;
    int max_size = 0;
    MatchMode mode = MatchMode::Previous;
    guint distance = 1;
  };
  struct Reference {
    std::string path;
    guint width = 0, height = 0;
  };
  // Of reference pictures, whatever the stream does.
  struct References {
    std::string location;
    std::vector<Reference> pictures;
    LruCache<std::string, Features> features;
    int max_size = 0;
  };
  // What a plan was made for; another one is made when it changes.
  struct Demand {
    int width = 0, height = 0;
    guint pairs = 0, distance = 0;
    guint64 limit = 0;
    MatchOptions options;
    bool operator==(const Demand&) const = default;
  };
  // With one other picture.
  struct One {
    Reference reference;  // its path is empty where it is an earlier frame
    GstClockTime reference_pts = GST_CLOCK_TIME_NONE;
    std::vector<Match> matches;
    std::optional<Geometry> geometry;
  };
  struct Found final : Finding {
    bool has_result() const override { return !skipped; }
    const char* skipped = nullptr;
    GeometryKind kind = GeometryKind::None;
    std::vector<One> all;
  };
  struct Pair {
    MatchPair frames;
    Found* found;
    std::size_t index;  // in found->all
  };

  Result<void> plan(const GstVideoInfo& info, const LoftrMatchSettings& settings);
  void begin_frame(const AnalyzedFrame& frame, const LoftrMatchSettings& settings);
  Result<void> look_at(AnalyzedFrame& frame, const LoftrMatchSettings& settings,
                       std::vector<Pair>& pairs);
  bool will_be_asked_for(const AnalyzedFrame& frame, const LoftrMatchSettings& settings) const;
  Result<Features> encode(const AnalyzedFrame& frame, const LoftrMatchSettings& settings);
  Result<void> pair_with_earlier(const AnalyzedFrame& frame, const LoftrMatchSettings& settings,
                                 const Features& features, Found& found, std::vector<Pair>& pairs);
  Result<void> pair_with_references(const LoftrMatchSettings& settings, const Features& features,
                                    Found& found, std::vector<Pair>& pairs);
  Result<void> find_references(const LoftrMatchSettings& settings);
  Result<Features> encode_reference(Reference& reference);
  Result<void> compute(std::span<Pair> pairs, const std::stop_token& stop);
  Result<void> check_geometry(std::span<Pair> pairs, const LoftrMatchSettings& settings);
  void attach(AnalyzedFrame& frame, const Found& found, const One* one) const;
  void post(const AnalyzedFrame& frame, const Found& found, const One& one) const;

  AnalyzerHost& host_;  // owns this
  mutable std::mutex mutex_;
  LoftrMatchSettings settings_;  // guarded by mutex_
  CacheCounts feature_counts_;   // guarded by mutex_
  std::atomic<guint64> pairs_ = 0, matches_ = 0;
  std::atomic<guint64> frame_encodes_ = 0, reference_encodes_ = 0;
  ModelSlot<MatchModel> model_;
  std::shared_ptr<MatchModel> net_;  // the streaming thread's
  State state_;
  References references_;
  Demand demand_;  // that plan_ is for
  MatchPlan plan_;
};

}  // namespace gsttorch
