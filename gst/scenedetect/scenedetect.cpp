// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/scenedetect/scenedetect.h"

#include <algorithm>
#include <utility>

#include "gst/scenedetect/scorer_loader.h"
#include "lib/gst/gsttorchshotmeta.h"
#include "lib/gst/model_analyzer/cached_plan.h"
#include "lib/gst/util/known_time.h"
#include "lib/gst/util/message.h"
#include "lib/gst/util/segment_time.h"

GST_DEBUG_CATEGORY_EXTERN(gst_scene_detect_debug);
#define GST_CAT_DEFAULT gst_scene_detect_debug

namespace gsttorch {
namespace {

GstClockTime time_of(const FramePlace& place) {
  return place.pts ? static_cast<GstClockTime>(*place.pts) : GST_CLOCK_TIME_NONE;
}

GstClockTime running_time_of(const AnalyzedFrame& frame) {
  if (frame.segment.rate < 0) return GST_CLOCK_TIME_NONE;  // such frames get no result
  return running_time(frame.segment, frame.pts());
}

GstTorchShotBoundary boundary_kind(TransitionKind kind) {
  switch (kind) {
    case TransitionKind::Cut:
      return GST_TORCH_SHOT_BOUNDARY_CUT;
    case TransitionKind::Dissolve:
      return GST_TORCH_SHOT_BOUNDARY_DISSOLVE;
    case TransitionKind::Fade:
      return GST_TORCH_SHOT_BOUNDARY_FADE;
  }
  return GST_TORCH_SHOT_BOUNDARY_NONE;
}

void set_boundary(GstTorchShot& shot, const Boundary& boundary) {
  shot.boundary = boundary_kind(boundary.kind);
  shot.start_frame = boundary.start.number;
  shot.middle_frame = boundary.middle.number;
  shot.end_frame = boundary.end.number;
  shot.start_pts = time_of(boundary.start);
  shot.middle_pts = time_of(boundary.middle);
  shot.end_pts = time_of(boundary.end);
  shot.confidence = boundary.confidence;
}

// `quality` decides what `auto` stands for.
std::string model_name(const ModelSettings& settings) {
  if (settings.model != "auto") return settings.model;
  return std::string(preset_of(kShotPresets, settings.quality).model);
}

}  // namespace

SceneDetectSettings SceneDetect::settings() const {
  const std::lock_guard lock(mutex_);
  return settings_;
}

// --- the model

Result<void> SceneDetect::start() {
  const ModelSettings wanted = host_.model_settings();
  const SceneDetectSettings settings = this->settings();
  const auto choice = choose_scorer(model_name(wanted));
  if (!choice) return choice.error();
  look_ahead_ = settings.look_ahead;
  model_.start(choice->name, [this, options = wanted.model_options(choice->path),
                              layer = settings.feature_layer,
                              batch = host_.settings().batch_size](std::stop_token stop) {
    return load_scorer(host_.models(), options, {{static_cast<int>(layer)}, batch}, stop);
  });
  return {};
}

Result<void> SceneDetect::wait_until_ready(std::stop_token stop) {
  auto scorer = model_.wait(std::move(stop));
  if (!scorer) return scorer.error();
  scorer_ = *scorer;
  const ScorerInfo& info = scorer_->info();
  const SceneDetectSettings settings = this->settings();
  ShotDetector::Options options;
  options.threshold = static_cast<float>(settings.threshold);
  options.min_shot_duration = static_cast<std::int64_t>(settings.min_shot_duration);
  options.look_ahead = settings.look_ahead;
  if (info.distance_floor > 0) options.distance_floor = info.distance_floor;
  detector_.emplace(options);
  const auto frames = static_cast<guint>(detector_->look_ahead() + scorer_->look_ahead());
  look_ahead_ = frames;
  GST_INFO_OBJECT(host_.element(), "%s", model_.description().c_str());
  host_.set_device(info.device);
  return {};
}

void SceneDetect::stop() {
  reset();
  detector_.reset();
  scorer_.reset();
  model_.stop();
  published_ = Published();
  boundaries_ = 0;
  key_units_ = 0;
  has_warned_ = false;
}

void SceneDetect::reset() {
  if (scorer_) scorer_->reset();
  if (detector_) detector_->reset();
  unscored_.clear();
  undecided_.clear();
}

// --- frames

Result<std::size_t> SceneDetect::plan_batch() {
  const std::size_t available = host_.available_memory(0);  // no tensors are kept
  const std::size_t most = scorer_->limit_memory(available);
  if (most == 0) {
    return Error{ErrorCode::OutOfMemory, scorer_->info().architecture + " requires at least " +
                                             std::to_string(scorer_->least_bytes()) +
                                             " bytes of memory, but the memory limit allows only " +
                                             std::to_string(available)};
  }
  const guint wanted = host_.settings().batch_size;
  if (most < wanted && !std::exchange(has_warned_, true)) {
    warn_reduced(host_, "batch size " + std::to_string(most));
  }
  return most;
}

Result<void> SceneDetect::score_frames(std::span<FrameImage* const> images,
                                       const std::stop_token& stop) {
  if (images.empty()) return {};
  const auto most = plan_batch();
  if (!most) return most.error();
  while (!images.empty()) {
    const auto batch = images.first(std::min(*most, images.size()));
    const auto scored = scorer_->push(batch, stop);
    if (!scored) return scored.error();
    judge(*scored);
    images = images.subspan(batch.size());
  }
  return {};
}

void SceneDetect::judge(const std::vector<ScoredFrame>& scored) {
  for (const ScoredFrame& frame : scored) {
    undecided_.push_back(std::move(unscored_.front()));
    unscored_.pop_front();
    record(detector_->push(
        {undecided_.back()->place, frame.luma, frame.feature, frame.probabilities}));
  }
}

void SceneDetect::record(std::vector<ShotDecision> decisions) {
  for (ShotDecision& decision : decisions) {
    undecided_.front()->decision = std::move(decision);
    undecided_.pop_front();
  }
}

// Decides the frames that wait, without later ones.
Result<void> SceneDetect::end_sequence() {
  const auto scored = scorer_->finish(host_.stop_token());
  if (!scored) return scored.error();
  judge(*scored);
  record(detector_->finish());
  return {};
}

Result<void> SceneDetect::analyze(std::span<AnalyzedFrame> frames, std::stop_token stop) {
  const SceneDetectSettings settings = this->settings();
  detector_->set_threshold(static_cast<float>(settings.threshold));
  detector_->set_min_shot_duration(static_cast<std::int64_t>(settings.min_shot_duration));
  std::vector<FrameImage*> images;  // consecutive ones
  for (AnalyzedFrame& frame : frames) {
    auto found = std::make_unique<ShotResult>();
    found->skipped = frame.skipped;
    if (frame.is_discont || frame.is_skipped(kSkippedReverse)) {
      if (auto scored = score_frames(images, stop); !scored) return scored;
      images.clear();
      if (auto ended = end_sequence(); !ended) return ended;
      scorer_->reset();
    }
    if (!frame.skipped) {
      found->verdict = std::make_shared<Verdict>();
      found->verdict->place = {frame.index, known_time(frame.pts())};
      unscored_.push_back(found->verdict);
      images.push_back(frame.image.get());
    }
    frame.result = std::move(found);
  }
  const std::size_t waiting = unscored_.size();
  if (auto scored = score_frames(images, stop); !scored) return scored;
  const bool did_score = unscored_.size() < waiting;
  for (AnalyzedFrame& frame : frames)
    static_cast<ShotResult&>(*frame.result).was_scored = did_score;
  return {};
}

// Decides frames that the model has scored.
void SceneDetect::decide_until(std::uint64_t index) {
  if (!detector_ || undecided_.empty()) return;
  record(detector_->decide_until(index));
}

void SceneDetect::decide_all() {
  if (!scorer_ || (unscored_.empty() && undecided_.empty())) return;
  Result<void> ended;
  if (host_.run([&] { ended = end_sequence(); }) && !ended) host_.report(ended.error());
}

// --- results

void SceneDetect::publish(AnalyzedFrame& frame) {
  const auto& found = published_result<ShotResult>(frame);
  if (published_.stream != frame.stream) published_ = Published{frame.stream};
  if (!GST_CLOCK_TIME_IS_VALID(published_.first_time)) {
    published_.first_time = running_time_of(frame);
  }
  const bool is_decided = found.verdict && found.verdict->decision;
  if (is_decided) {
    published_.shot += static_cast<guint>(found.verdict->decision->boundaries.size());
  }
  if (host_.settings().attach != GST_TORCH_ATTACH_NONE) attach(frame, found);
  if (is_decided) announce(frame, *found.verdict->decision);
}

void SceneDetect::attach(AnalyzedFrame& frame, const ShotResult& found) const {
  GstTorchShot shot = {};
  shot.frame = frame.index;
  shot.shot = published_.shot;
  shot.source = GST_OBJECT_NAME(host_.element());
  const auto scorer = model_.get();  // null while frames pass before it is loaded
  shot.model = scorer ? scorer->info().architecture.c_str() : nullptr;
  shot.skipped = found.skipped;
  shot.threshold = settings().threshold;
  if (!found.verdict || !found.verdict->decision) {
    gst_buffer_add_torch_shot_meta(frame.buffer.get(), &shot);
    return;
  }
  const ShotDecision& decision = *found.verdict->decision;
  shot.score = decision.score;
  shot.distance = decision.distance;
  shot.mean_luma = decision.mean_luma;
  if (decision.boundaries.empty()) gst_buffer_add_torch_shot_meta(frame.buffer.get(), &shot);
  for (const Boundary& boundary : decision.boundaries) {
    set_boundary(shot, boundary);
    gst_buffer_add_torch_shot_meta(frame.buffer.get(), &shot);
  }
}

void SceneDetect::announce(const AnalyzedFrame& frame, const ShotDecision& decision) {
  if (decision.boundaries.empty()) return;
  boundaries_ += decision.boundaries.size();
  if (host_.settings().post_messages) {
    for (const Boundary& boundary : decision.boundaries) post(frame, decision, boundary);
  }
  const SceneDetectSettings settings = this->settings();
  if (settings.force_key_unit) force_key_unit(frame, settings.all_headers);
}

void SceneDetect::post(const AnalyzedFrame& frame, const ShotDecision& decision,
                       const Boundary& boundary) const {
  GstTorchShot shot = {};
  set_boundary(shot, boundary);
  GstStructure* s = new_timed_structure("scenedetect", frame.segment, frame.buffer.get());
  gst_structure_set(s, "boundary", G_TYPE_STRING, to_string(boundary.kind), "frame", G_TYPE_UINT64,
                    static_cast<guint64>(frame.index), "shot", G_TYPE_UINT, published_.shot,
                    "score", G_TYPE_DOUBLE, static_cast<gdouble>(decision.score), "confidence",
                    G_TYPE_DOUBLE, shot.confidence, "start-frame", G_TYPE_UINT64, shot.start_frame,
                    "middle-frame", G_TYPE_UINT64, shot.middle_frame, "end-frame", G_TYPE_UINT64,
                    shot.end_frame, "start-pts", G_TYPE_UINT64, shot.start_pts, "middle-pts",
                    G_TYPE_UINT64, shot.middle_pts, "end-pts", G_TYPE_UINT64, shot.end_pts,
                    nullptr);
  GstElement* element = host_.element();
  gst_element_post_message(element, gst_message_new_element(GST_OBJECT(element), s));
}

void SceneDetect::force_key_unit(const AnalyzedFrame& frame, bool all_headers) {
  const GstClockTime pts = frame.pts();
  const auto src = Ref<GstPad>::adopt(gst_element_get_static_pad(host_.element(), "src"));
  const GstClockTime running_time =
      published_.key_unit_times.request(src.get(), running_time_of(frame), published_.first_time);
  host_.push_event(gst_video_event_new_downstream_force_key_unit(
      pts, stream_time(frame.segment, pts), running_time, all_headers, ++key_units_));
}

void SceneDetect::add_stats(GstStructure* stats) const {
  gst_structure_set(stats, "boundaries", G_TYPE_UINT64, boundaries_.load(), "look-ahead",
                    G_TYPE_UINT, look_ahead(), nullptr);
  if (const auto scorer = model_.get()) {
    gst_structure_set(stats, "window", G_TYPE_UINT, static_cast<guint>(scorer->window()), nullptr);
  }
  model_.add_stats(stats);
}

}  // namespace gsttorch
