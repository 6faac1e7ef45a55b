// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/engine/feature_model.h"
#include "lib/engine/shot_model.h"
#include "lib/shots/shot_frame.h"
#include "lib/shots/shot_windows.h"

namespace gsttorch {

/// A model's result for one frame, for ShotDetector.
struct ScoredFrame {
  std::array<float, kShotLumaSize> luma{};               ///< 0..255
  std::vector<float> feature;                            ///< from a model for single frames
  std::optional<TransitionProbabilities> probabilities;  ///< from a model for windows
};

struct ScorerInfo {
  std::string architecture;  ///< "resnet18", "resnet18-lite", "transnetv2"
  std::string path;          ///< the weights file
  std::string device;        ///< "cpu", "cuda:0"
  Precision precision = Precision::Fp32;
  float distance_floor = 0;  ///< see ShotDetector::Options
};

/// Runs a model on the frames of a stream, in order. Thread-bound.
class FrameScorer {
 public:
  virtual ~FrameScorer() = default;

  const ScorerInfo& info() const { return info_; }

  /// The number of later frames after which a frame is scored at the latest.
  virtual std::size_t look_ahead() const = 0;

  /// Number of frames that the model always processes together; 1: each on its own.
  virtual std::size_t window() const { return 1; }
  /// Limits the memory of the next calls. Returns how many frames, or windows of frames, fit into
  /// it at once; 0: not even one. At least as many as one batch if it can have its full size.
  virtual std::size_t limit_memory(std::size_t bytes) = 0;
  /// Bytes needed for one frame, or one window.
  virtual std::size_t least_bytes() const = 0;

  /// Processes frames. Returns the frames that are scored now, in order.
  virtual Result<std::vector<ScoredFrame>> push(std::span<FrameImage* const> frames,
                                                std::stop_token stop) = 0;
  /// Scores the remaining frames; call it when no frame follows for now.
  virtual Result<std::vector<ScoredFrame>> finish(std::stop_token stop) = 0;
  /// Drops all frames.
  virtual void reset() = 0;

 protected:
  explicit FrameScorer(ScorerInfo info) : info_(std::move(info)) {}

 private:
  const ScorerInfo info_;
};

/// Computes features of each frame on its own.
class FeatureScorer final : public FrameScorer {
 public:
  FeatureScorer(std::shared_ptr<FeatureModel> model, const FeatureOptions& options);

  std::size_t look_ahead() const override { return 0; }
  std::size_t limit_memory(std::size_t bytes) override;
  std::size_t least_bytes() const override { return model_->workspace(1); }
  Result<std::vector<ScoredFrame>> push(std::span<FrameImage* const> frames,
                                        std::stop_token stop) override;
  Result<std::vector<ScoredFrame>> finish(std::stop_token) override {
    return std::vector<ScoredFrame>();
  }
  void reset() override {}

 private:
  Result<std::vector<ScoredFrame>> push_in_halves(std::span<FrameImage* const> frames,
                                                  const std::stop_token& stop);

  const std::shared_ptr<FeatureModel> model_;
  const FeatureOptions options_;
};

/// Computes probabilities with a model that processes windows of frames.
class WindowScorer final : public FrameScorer {
 public:
  /// `at_once`: how many windows are one batch.
  WindowScorer(std::shared_ptr<ShotModel> model, std::size_t at_once);

  std::size_t look_ahead() const override { return windows_.look_ahead(); }
  std::size_t window() const override { return ShotWindows::kLength; }
  std::size_t limit_memory(std::size_t bytes) override;
  std::size_t least_bytes() const override { return model_->workspace(ShotWindows::kLength); }
  Result<std::vector<ScoredFrame>> push(std::span<FrameImage* const> frames,
                                        std::stop_token stop) override;
  Result<std::vector<ScoredFrame>> finish(std::stop_token stop) override;
  void reset() override { windows_.reset(); }

 private:
  Result<void> score(const ShotWindows::Batch& batch, const std::stop_token& stop,
                     std::vector<ScoredFrame>& scored) const;
  Result<std::vector<ShotProbabilities>> probabilities(std::span<const Thumbnail> frames,
                                                       std::size_t windows,
                                                       const std::stop_token& stop) const;

  const std::shared_ptr<ShotModel> model_;
  const std::size_t at_once_;
  std::size_t most_windows_;  // that memory allows at once
  ShotWindows windows_;
};

}  // namespace gsttorch
