// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/scenedetect/frame_scorer.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

namespace gsttorch {
namespace {

constexpr std::size_t kMostFrames = 64;  // per batch

// Upper bounds, per model, of the distances between frames of one shot: noise, whatever moves.
constexpr float kFloor = 0.02f;
constexpr float kLiteFloor = 0.01f;

static_assert(kShotLumaSize * 3 == std::tuple_size_v<decltype(Thumbnail::rgb)>);

ScoredFrame with_luma(const Thumbnail& thumbnail) {
  ScoredFrame frame;
  const std::uint8_t* rgb = thumbnail.rgb.data();
  for (float& luma : frame.luma) {
    luma = 0.299f * rgb[0] + 0.587f * rgb[1] + 0.114f * rgb[2];
    rgb += 3;
  }
  return frame;
}

ScorerInfo info_of(const FeatureModelInfo& info) {
  return {info.architecture, info.path, info.device, info.precision,
          info.architecture == "resnet18" ? kFloor : kLiteFloor};
}

}  // namespace

FeatureScorer::FeatureScorer(std::shared_ptr<FeatureModel> model, const FeatureOptions& options)
    : FrameScorer(info_of(model->info())), model_(std::move(model)), options_(options) {}

std::size_t FeatureScorer::limit_memory(std::size_t bytes) {
  std::size_t count = kMostFrames;
  while (count > 0 && model_->workspace(static_cast<int>(count)) > bytes) count /= 2;
  return count;
}

Result<std::vector<ScoredFrame>> FeatureScorer::push(std::span<FrameImage* const> frames,
                                                     std::stop_token stop) {
  auto features = model_->features(frames, options_, stop);
  if (!features && features.error().code == ErrorCode::OutOfMemory && frames.size() > 1) {
    return push_in_halves(frames, stop);
  }
  if (!features) return features.error();
  std::vector<ScoredFrame> scored;
  for (FrameFeatures& f : *features) {
    scored.push_back(with_luma(f.thumbnail));
    scored.back().feature = std::move(f.values);
  }
  return scored;
}

// Less memory is available than planned, because others allocated some: retry with half the frames.
Result<std::vector<ScoredFrame>> FeatureScorer::push_in_halves(std::span<FrameImage* const> frames,
                                                               const std::stop_token& stop) {
  const std::size_t half = frames.size() / 2;
  auto scored = push(frames.first(half), stop);
  if (!scored) return scored;
  auto rest = push(frames.subspan(half), stop);
  if (!rest) return rest;
  std::move(rest->begin(), rest->end(), std::back_inserter(*scored));
  return scored;
}

WindowScorer::WindowScorer(std::shared_ptr<ShotModel> model, std::size_t at_once)
    : FrameScorer({model->info().architecture, model->info().path, model->info().device,
                   model->info().precision, 0}),
      model_(std::move(model)),
      at_once_(at_once),
      most_windows_(at_once),
      windows_(at_once) {}

std::size_t WindowScorer::limit_memory(std::size_t bytes) {
  most_windows_ = at_once_;
  const auto needed = [this] {
    return model_->workspace(static_cast<int>(most_windows_ * ShotWindows::kLength));
  };
  while (most_windows_ > 0 && needed() > bytes) most_windows_ /= 2;
  return most_windows_ < at_once_ ? most_windows_ : kMostFrames;
}

Result<std::vector<ScoredFrame>> WindowScorer::push(std::span<FrameImage* const> frames,
                                                    std::stop_token stop) {
  std::vector<ScoredFrame> scored;
  for (FrameImage* frame : frames) {
    if (stop.stop_requested()) return Error{ErrorCode::Cancelled, "cancelled"};
    const auto thumbnail = model_->thumbnail(*frame);
    if (!thumbnail) return thumbnail.error();
    const auto batch = windows_.push(*thumbnail);
    if (!batch) continue;
    if (auto done = score(*batch, stop, scored); !done) return done.error();
  }
  return scored;
}

Result<std::vector<ScoredFrame>> WindowScorer::finish(std::stop_token stop) {
  std::vector<ScoredFrame> scored;
  while (const auto batch = windows_.finish()) {
    if (auto done = score(*batch, stop, scored); !done) return done.error();
  }
  return scored;
}

Result<void> WindowScorer::score(const ShotWindows::Batch& batch, const std::stop_token& stop,
                                 std::vector<ScoredFrame>& scored) const {
  const auto found = probabilities(batch.frames, batch.windows, stop);
  if (!found) return found.error();
  for (std::size_t i = 0; i < batch.count; i++) {
    scored.push_back(with_luma(batch.frames[ShotWindows::Batch::frame(i)]));
    const ShotProbabilities& p = (*found)[ShotWindows::Batch::index(i)];
    scored.back().probabilities = TransitionProbabilities{p.single, p.all};
  }
  return {};
}

// Where memory is too small for all windows at once, halves of the batch give the same results.
Result<std::vector<ShotProbabilities>> WindowScorer::probabilities(
    std::span<const Thumbnail> frames, std::size_t windows, const std::stop_token& stop) const {
  if (windows <= std::max<std::size_t>(1, most_windows_)) {
    auto found = model_->probabilities(frames, windows, stop);
    if (found || windows == 1 || found.error().code != ErrorCode::OutOfMemory) return found;
  }
  const std::size_t half = windows / 2, split = half * ShotWindows::kStep;
  auto found = probabilities(frames.first(split + ShotWindows::kStep), half, stop);
  if (!found) return found;
  auto rest = probabilities(frames.subspan(split), windows - half, stop);
  if (!rest) return rest;
  found->insert(found->end(), rest->begin(), rest->end());
  return found;
}

}  // namespace gsttorch
