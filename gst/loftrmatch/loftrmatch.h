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
#include "lib/engine/adaptive_match.h"
#include "lib/engine/geometry.h"
#include "lib/engine/match_model.h"
#include "lib/engine/match_picture.h"
#include "lib/engine/match_plan.h"
#include "lib/gst/analyzer/analysis.h"
#include "lib/gst/analyzer/kept_plan.h"
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
  bool adaptive = false;
  std::string initial_model = "auto";

  guint distance() const { return mode == MatchMode::Lag ? lag : 1; }
};

/// Pairs each frame with another picture, and has the matches between them found.
class LoftrMatch final : public Analysis {
 public:
  explicit LoftrMatch(AnalyzerHost& host) : host_(host), model_(host), initial_model_(host) {}

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
  using Picture = std::shared_ptr<MatchPicture>;

  struct Seen {
    std::uint64_t index;
    GstClockTime pts;
  };
  // What is remembered of the stream; forgotten by assigning a default.
  struct State {
    std::deque<Seen> seen;  // frames that are kept, oldest first
    LruCache<std::uint64_t, Picture> pictures;
    std::vector<Picture> fresh;  // those of the frames that are being analysed
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
    std::vector<Reference> files;
    LruCache<std::string, Picture> pictures;
    int max_size = 0;
  };
  // With one other picture.
  struct One {
    Reference reference;  // its path is empty where it is an earlier frame
    GstClockTime reference_pts = GST_CLOCK_TIME_NONE;
    std::vector<Match> matches;
    std::optional<AdaptiveResult> adaptive;  // without the matches
    std::optional<Geometry> geometry;
  };
  struct Found final : Finding {
    bool has_result() const override { return !skipped; }
    const char* skipped = nullptr;
    GeometryKind kind = GeometryKind::None;
    std::vector<One> all;
  };
  struct Pair {
    Picture first, second;
    Found* found;
    std::size_t index;  // in found->all

    One& one() const { return found->all[index]; }
  };
  // What `stats` tells of the work since the element started.
  struct Counts {
    guint64 pairs = 0, matches = 0;
    guint64 frame_encodes = 0, reference_encodes = 0, initial_encodes = 0;
    guint64 full_passes = 0, still_pairs = 0, disjoint_pairs = 0, partial_pairs = 0;
    CacheCounts features;
  };

  Result<void> start_initial_model(const LoftrMatchSettings& settings, const std::string& full_path,
                                   const std::string& device);
  AdaptiveNets nets() const { return {*net_, *initial_net_}; }
  MatchWorkspace workspace(int width, int height, int pairs, const MatchOptions& options) const;
  Result<void> plan(const GstVideoInfo& info, const LoftrMatchSettings& settings);
  void begin_frame(const AnalyzedFrame& frame, const LoftrMatchSettings& settings);
  Result<void> look_at(AnalyzedFrame& frame, const LoftrMatchSettings& settings,
                       std::vector<Pair>& pairs);
  bool will_be_asked_for(const AnalyzedFrame& frame, const LoftrMatchSettings& settings) const;
  Result<Picture> take_picture(const AnalyzedFrame& frame, const LoftrMatchSettings& settings);
  Result<std::uint64_t> prepare(MatchPicture& picture);
  Result<void> pair_with_earlier(const AnalyzedFrame& frame, const LoftrMatchSettings& settings,
                                 const Picture& picture, Found& found, std::vector<Pair>& pairs);
  Result<void> pair_with_references(const LoftrMatchSettings& settings, const Picture& picture,
                                    Found& found, std::vector<Pair>& pairs);
  Result<void> find_references(const LoftrMatchSettings& settings);
  Result<Picture> reference_picture(Reference& reference);
  Result<void> compute_whole(std::span<Pair> pairs, const std::stop_token& stop);
  Result<void> compute_adaptively(std::span<Pair> pairs, const LoftrMatchSettings& settings,
                                  const std::stop_token& stop);
  void count(std::span<const Pair> pairs);
  Result<void> keep_pixels();
  void update_sizes();
  Result<void> check_geometry(std::span<Pair> pairs, const LoftrMatchSettings& settings);
  void attach(AnalyzedFrame& frame, const Found& found, const One* one) const;
  void post(const AnalyzedFrame& frame, const Found& found, const One& one) const;

  AnalyzerHost& host_;  // owns this
  mutable std::mutex mutex_;
  LoftrMatchSettings settings_;  // guarded by mutex_
  Counts counts_;                // guarded by mutex_
  ModelSlot<MatchModel> model_;
  ModelSlot<MatchModel> initial_model_;            // started where it is another one than `model_`
  std::atomic<bool> is_adaptive_ = false;          // from `start` to `stop`
  bool has_other_initial_ = false;                 // the same
  std::shared_ptr<MatchModel> net_, initial_net_;  // the streaming thread's
  State state_;
  References references_;
  KeptPlan<MatchDemand, MatchPlan> plan_;
};

}  // namespace gsttorch
