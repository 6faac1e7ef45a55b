// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "gst/scenedetect/frame_scorer.h"
#include "gst/scenedetect/key_unit.h"
#include "lib/base/result.h"
#include "lib/gst/model_analyzer/model_host.h"
#include "lib/gst/model_analyzer/model_slot.h"
#include "lib/shots/shot_detector.h"

namespace gsttorch {

/// The properties of scenedetect, without those common to all analysers.
struct SceneDetectSettings {
  double threshold = 0.5;
  GstClockTime min_shot_duration = 200 * GST_MSECOND;
  guint look_ahead = 8;  // frames
  guint feature_layer = 0;
  bool force_key_unit = false;
  bool all_headers = false;
};

/// Scores each frame with a model, and decides where shots begin.
class SceneDetect final : public Analysis {
 public:
  explicit SceneDetect(ModelHost& host) : host_(host), model_(host) {}

  ModelHost& host() const { return host_; }
  SceneDetectSettings settings() const;
  template <typename Fn>
  void change_settings(Fn&& change) {
    const std::lock_guard lock(mutex_);
    change(settings_);
  }

  // Analysis
  Result<void> start() override;
  Result<void> wait_until_ready(std::stop_token stop) override;
  void stop() override;
  void reset() override;
  Result<void> analyze(std::span<AnalyzedFrame> frames, std::stop_token stop) override;
  /// Only every Nth frame counts towards the decision.
  guint look_ahead() const override { return look_ahead_ * host_.settings().inference_interval; }
  void decide_until(std::uint64_t index) override;
  void decide_all() override;
  void publish(AnalyzedFrame& frame) override;
  void add_stats(GstStructure* stats) const override;

 private:
  // The decision on a frame, once it is made. Shared, since a flush may drop the frame meanwhile.
  struct Verdict {
    FramePlace place;
    std::optional<ShotDecision> decision;
  };
  struct ShotResult final : FrameResult {
    bool has_result() const override { return !skipped && was_scored; }
    bool is_decided() const override { return !verdict || verdict->decision; }
    std::shared_ptr<Verdict> verdict;
    bool was_scored = false;  // the model ran, which it does once per window of frames
    const char* skipped = nullptr;
  };

  // How many frames fit into memory at once; an error if not even one does.
  Result<std::size_t> plan_batch();
  Result<void> score_frames(std::span<FrameImage* const> images, const std::stop_token& stop);
  Result<void> end_sequence();
  void judge(const std::vector<ScoredFrame>& scored);
  void record(std::vector<ShotDecision> decisions);
  void attach(AnalyzedFrame& frame, const ShotResult& found) const;
  void announce(const AnalyzedFrame& frame, const ShotDecision& decision);
  void post(const AnalyzedFrame& frame, const ShotDecision& decision,
            const Boundary& boundary) const;
  void force_key_unit(const AnalyzedFrame& frame, bool all_headers);

  ModelHost& host_;  // owns this
  mutable std::mutex mutex_;
  SceneDetectSettings settings_;         // guarded by mutex_
  std::atomic<guint> look_ahead_ = 8;    // frames
  std::atomic<guint64> boundaries_ = 0;  // published
  ModelSlot<FrameScorer> model_;

  // Of the analysis task, and of the worker that it waits for.
  std::shared_ptr<FrameScorer> scorer_;
  std::optional<ShotDetector> detector_;
  std::deque<std::shared_ptr<Verdict>> unscored_;   // not yet scored by the model
  std::deque<std::shared_ptr<Verdict>> undecided_;  // scored, but not yet decided by the detector
  bool has_warned_ = false;

  // What was published of a stream; reset by assigning a default. Of the source pad's task.
  struct Published {
    std::optional<std::uint64_t> stream;
    guint shot = 0;                                 // of the last frame
    GstClockTime first_time = GST_CLOCK_TIME_NONE;  // running time
    KeyUnitTimes key_unit_times;
  };
  Published published_;
  guint key_units_ = 0;
};

}  // namespace gsttorch
