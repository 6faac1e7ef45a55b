// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/raftflow/raftflow.h"

#include <algorithm>
#include <utility>

#include "gst/raftflow/zero_flow.h"
#include "lib/gst/gsttorchflowmeta.h"
#include "lib/gst/tensor_buffer.h"
#include "lib/gst/util/message.h"
#include "lib/gst/util/ref.h"
#include "lib/matching/image_region.h"
#include "lib/models/weights_file.h"

GST_DEBUG_CATEGORY_EXTERN(gst_raft_flow_debug);
#define GST_CAT_DEFAULT gst_raft_flow_debug

namespace gsttorch {
namespace {

constexpr char kDefaultModel[] = "raft-small";
constexpr char kFirstFrame[] = "first-frame";
constexpr char kMemoryLimit[] = "memory-limit";
constexpr char kCut[] = "cut";

GstTorchFlowDirection meta_direction(const FlowResult& flow) {
  if (!flow.backward) return GST_TORCH_FLOW_FORWARD;
  return flow.forward ? GST_TORCH_FLOW_BOTH : GST_TORCH_FLOW_BACKWARD;
}

Result<std::optional<std::uint64_t>> hash_of_frame(const AnalyzedFrame& frame,
                                                   const RaftFlowSettings& settings) {
  if (!settings.skip_identical) return std::optional<std::uint64_t>();
  const auto view = frame.image->view();
  if (!view) return view.error();
  return std::optional(hash_of_pixels(*view));
}

std::size_t bytes_of(const FlowResult& flow) {
  std::size_t bytes = 0;
  for (const TensorHandle* array : {&flow.forward, &flow.backward, &flow.confidence}) {
    if (*array) bytes += (*array)->bytes();
  }
  return bytes;
}

}  // namespace

RaftFlowSettings RaftFlow::settings() const {
  const FlowPreset& preset = preset_of(kFlowPresets, host_.model_settings().quality);
  const std::lock_guard lock(mutex_);
  RaftFlowSettings settings = settings_;
  settings.options.iterations = settings.own.iterations.value_or(preset.iterations);
  settings.skip_identical = settings.own.skip_identical.value_or(preset.skip_identical);
  return settings;
}

Result<void> RaftFlow::start() {
  budget_.restart();
  const ModelSettings wanted = host_.model_settings();
  const std::string name = wanted.model == "auto" ? kDefaultModel : wanted.model;
  const auto path = find_weights(name);
  if (!path) return path.error();
  model_.start(name, [this, options = wanted.model_options(*path)](std::stop_token stop) {
    return host_.models().flow_model(options, std::move(stop));
  });
  return {};
}

Result<void> RaftFlow::wait_until_ready(std::stop_token stop) {
  auto model = model_.wait(std::move(stop));
  if (!model) return model.error();
  loaded_ = *model;
  GST_INFO_OBJECT(host_.element(), "%s", model_.description().c_str());
  host_.set_device(loaded_->info().device);
  return {};
}

void RaftFlow::stop() {
  reset();
  plan_ = {};
  loaded_.reset();
  model_.stop();
  pairs_ = 0;
  identical_pairs_ = 0;
  const std::lock_guard lock(mutex_);
  feature_counts_ = {};
}

Result<void> RaftFlow::plan(const GstVideoInfo& info, const RaftFlowSettings& settings) {
  const FlowRequest request{GST_VIDEO_INFO_WIDTH(&info), GST_VIDEO_INFO_HEIGHT(&info),
                            static_cast<int>(host_.settings().batch_size),
                            static_cast<int>(settings.lag), settings.options};
  return plan_.update(host_, request, state_.features.counts().bytes, planner());
}

CachedPlan<FlowRequest, FlowPlan>::Make RaftFlow::planner() const {
  return [this](const FlowRequest& within) { return plan_flow(within, *loaded_); };
}

// Whether the work failed for lack of memory, and there is a plan that takes less.
bool RaftFlow::can_do_with_less(const Error& error) {
  return error.code == ErrorCode::OutOfMemory &&
         plan_.reduce(host_, state_.features.counts().bytes, planner());
}

// Frames before a break or a cut, or with other settings, are not paired with this one. After a
// gradual transition they still are, but the motion of the old shot is no start for the new one.
void RaftFlow::begin_frame(const AnalyzedFrame& frame, const RaftFlowSettings& settings,
                           GstTorchShotBoundary boundary) {
  const int max_size = plan_->options.max_size;
  const bool other_settings = state_.max_size != max_size || state_.lag != settings.lag;
  const bool is_cut = boundary == GST_TORCH_SHOT_BOUNDARY_CUT;
  if (frame.is_discont || is_cut || other_settings || frame.is_skipped(kSkippedReverse)) {
    GST_DEBUG_OBJECT(host_.element(), "restarts at %" GST_TIME_FORMAT, GST_TIME_ARGS(frame.pts()));
    state_ = State();
  }
  if (boundary != GST_TORCH_SHOT_BOUNDARY_NONE) state_.warm_start.reset();
  state_.max_size = max_size;
  state_.lag = settings.lag;
  state_.features.set_budget(plan_.budget());
  // Of the frames that are old enough, only the newest is still needed.
  while (state_.seen.size() > 1 && state_.seen[1].index + settings.lag <= frame.index) {
    state_.features.erase(state_.seen.front().index);
    state_.seen.pop_front();
  }
}

// Those of the newest frame, if both have the same pixels; otherwise null.
RaftFlow::Features RaftFlow::features_of_same(const Seen& frame) {
  if (!frame.pixels || state_.seen.empty() || state_.seen.back().pixels != frame.pixels) return {};
  return state_.features.find(state_.seen.back().index);
}

// Features of another size inside the model cannot be paired with these.
Result<RaftFlow::Features> RaftFlow::encode(const AnalyzedFrame& frame,
                                            const RaftFlowSettings& settings,
                                            std::vector<Pair>& pairs) {
  const auto pixels = hash_of_frame(frame, settings);
  if (!pixels) return pixels.error();
  const Seen seen{frame.index, frame.pts(), *pixels};
  const Features same = features_of_same(seen);
  auto features = same ? Result<Features>(same)
                       : loaded_->encode(*frame.image, plan_->options, host_.stop_token());
  while (!features && can_do_with_less(features.error())) {
    if (plan_->options.max_size != state_.max_size) {
      give_up(pairs);
      pairs.clear();
      begin_frame(frame, settings, GST_TORCH_SHOT_BOUNDARY_NONE);
    }
    features = loaded_->encode(*frame.image, plan_->options, host_.stop_token());
  }
  if (!features) return features.error();
  state_.seen.push_back(seen);
  state_.features.put(frame.index, *features, (*features)->bytes());
  return features;
}

void RaftFlow::give_up(std::span<Pair> pairs) {
  for (Pair& pair : pairs) pair.found->skipped = kMemoryLimit;
}

// Computes the frame's features, and adds the pair in which it is the later frame.
Result<void> RaftFlow::pair_frame(AnalyzedFrame& frame, const RaftFlowSettings& settings,
                                  std::vector<Pair>& pairs) {
  const GstTorchShotBoundary boundary =
      settings.reset_on_cut ? frame.boundary : GST_TORCH_SHOT_BOUNDARY_NONE;
  begin_frame(frame, settings, boundary);
  auto result = std::make_unique<OpticalFlow>();
  OpticalFlow& found = *result;
  frame.result = std::move(result);
  found.skipped = frame.skipped;
  const guint interval = host_.settings().inference_interval;
  const bool will_be_earlier = (frame.index + settings.lag) % interval == 0;
  const bool only_as_earlier = frame.is_skipped(kSkippedInterval) && will_be_earlier;
  if (frame.skipped && !only_as_earlier) return {};
  const auto features = encode(frame, settings, pairs);
  if (!features) return features.error();
  if (frame.skipped) return {};
  const Seen earlier = state_.seen.front();
  if (earlier.index + settings.lag > frame.index) {
    found.skipped = boundary == GST_TORCH_SHOT_BOUNDARY_CUT ? kCut : kFirstFrame;
    return {};
  }
  found.reference_pts = earlier.pts;
  if (earlier.pixels && earlier.pixels == state_.seen.back().pixels) {
    found.flow = zero_flow(frame.image->width(), frame.image->height(), settings.options);
    identical_pairs_++;
    return {};
  }
  Features earlier_features = state_.features.find(earlier.index);
  if (!earlier_features) {
    found.skipped = kMemoryLimit;
    return {};
  }
  pairs.push_back(
      {{std::move(earlier_features), *features, nullptr}, &found, earlier.index, frame.index});
  return {};
}

Result<void> RaftFlow::compute_batch(std::span<Pair> pairs, const std::stop_token& stop) {
  std::vector<FlowPair> frames;
  for (const Pair& pair : pairs) frames.push_back(pair.frames);
  auto flows = loaded_->flow(frames, plan_->options, stop);
  if (!flows) return flows.error();
  for (std::size_t i = 0; i < pairs.size(); i++) pairs[i].found->flow = std::move((*flows)[i]);
  state_.warm_start = pairs.back().found->flow->state;
  state_.warm_start_index = pairs.back().later_index;
  pairs_ += pairs.size();
  return {};
}

// In batches as large as the plan allows, or of one pair with warm start. If memory runs out all
// the same, in smaller ones.
Result<void> RaftFlow::compute(std::span<Pair> pairs, const RaftFlowSettings& settings,
                               const std::stop_token& stop) {
  while (!pairs.empty()) {
    const std::size_t most = settings.warm_start ? 1 : static_cast<std::size_t>(plan_->pairs);
    const auto batch = pairs.first(std::min(most, pairs.size()));
    Pair& first = batch.front();
    if (settings.warm_start && state_.warm_start_index == first.earlier_index) {
      first.frames.warm_start = state_.warm_start;
    }
    if (auto done = compute_batch(batch, stop); done) {
      pairs = pairs.subspan(batch.size());
    } else if (!can_do_with_less(done.error())) {
      return done;
    } else if (plan_->options.max_size != state_.max_size) {
      give_up(pairs);  // their features are of another size
      return {};
    }
  }
  return {};
}

Result<void> RaftFlow::analyze(std::span<AnalyzedFrame> frames, std::stop_token stop) {
  const RaftFlowSettings settings = this->settings();
  // Plans once for all frames: pairs of one batch must have the same size.
  if (auto planned = plan(frames.front().info, settings); !planned) return planned;
  std::vector<Pair> pairs;
  for (AnalyzedFrame& frame : frames) {
    if (stop.stop_requested()) return Error{ErrorCode::Cancelled, "cancelled"};
    if (auto done = pair_frame(frame, settings, pairs); !done) return done;
  }
  {
    const std::lock_guard lock(mutex_);
    feature_counts_ = state_.features.counts();
  }
  return compute(pairs, settings, stop);
}

void RaftFlow::publish(AnalyzedFrame& frame) {
  const auto& found = published_result<OpticalFlow>(frame);
  const AnalyzerSettings settings = host_.settings();
  if (settings.attach != GST_TORCH_ATTACH_NONE) attach(frame, found);
  if (settings.post_messages && found.flow) post(frame, found);
}

void RaftFlow::attach(AnalyzedFrame& frame, const OpticalFlow& found) {
  GstTorchFlow meta = {};
  meta.width = meta.grid_width = GST_VIDEO_INFO_WIDTH(&frame.info);
  meta.height = meta.grid_height = GST_VIDEO_INFO_HEIGHT(&frame.info);
  meta.reference_pts = GST_CLOCK_TIME_NONE;
  meta.dt = GST_CLOCK_STIME_NONE;
  meta.source = GST_OBJECT_NAME(host_.element());
  const auto model = model_.get();  // null while frames pass before it is loaded
  meta.model = model ? model->info().architecture.c_str() : nullptr;
  meta.skipped = found.skipped;
  meta.direction = static_cast<GstTorchFlowDirection>(settings().options.direction);
  Ref<GstBuffer> arrays[3];
  if (found.flow) {
    const FlowResult& flow = *found.flow;
    const TensorHandle& first = flow.forward ? flow.forward : flow.backward;
    meta.direction = meta_direction(flow);
    meta.format =
        first->type() == DataType::Float16 ? GST_TORCH_FLOW_FORMAT_F16 : GST_TORCH_FLOW_FORMAT_F32;
    meta.reference_pts = found.reference_pts;
    if (GST_CLOCK_TIME_IS_VALID(meta.reference_pts) && GST_CLOCK_TIME_IS_VALID(frame.pts())) {
      meta.dt = GST_CLOCK_DIFF(meta.reference_pts, frame.pts());
    }
    meta.iterations = flow.iterations;
    meta.mean_magnitude = flow.mean_magnitude_px;
    meta.max_magnitude = flow.max_magnitude_px;
    meta.mean_x = flow.mean_x_px;
    meta.mean_y = flow.mean_y_px;
    meta.flat = flow.is_flat;
    if (host_.settings().attach == GST_TORCH_ATTACH_FULL &&
        budget_.admits(host_.element(), bytes_of(flow))) {
      arrays[0] = wrap_tensor(first);
      if (flow.forward && flow.backward) arrays[1] = wrap_tensor(flow.backward);
      if (flow.confidence) arrays[2] = wrap_tensor(flow.confidence);
    }
  }
  meta.flow = arrays[0].get();
  meta.backward_flow = arrays[1].get();
  meta.confidence = arrays[2].get();
  gst_buffer_add_torch_flow_meta(frame.buffer.get(), &meta);
}

void RaftFlow::post(const AnalyzedFrame& frame, const OpticalFlow& found) const {
  GstStructure* s = new_timed_structure("raftflow", frame.segment, frame.buffer.get());
  gst_structure_set(s, "reference-pts", G_TYPE_UINT64, found.reference_pts, "iterations",
                    G_TYPE_UINT, static_cast<guint>(found.flow->iterations), "mean-magnitude",
                    G_TYPE_DOUBLE, found.flow->mean_magnitude_px, "max-magnitude", G_TYPE_DOUBLE,
                    found.flow->max_magnitude_px, "flat", G_TYPE_BOOLEAN, found.flow->is_flat,
                    nullptr);
  GstElement* element = host_.element();
  gst_element_post_message(element, gst_message_new_element(GST_OBJECT(element), s));
}

void RaftFlow::add_stats(GstStructure* stats) const {
  const RaftFlowSettings settings = this->settings();
  gst_structure_set(stats, "pairs", G_TYPE_UINT64, pairs_.load(), "identical-pairs", G_TYPE_UINT64,
                    identical_pairs_.load(), "iterations", G_TYPE_UINT,
                    static_cast<guint>(settings.options.iterations), "skip-identical",
                    G_TYPE_BOOLEAN, settings.skip_identical, nullptr);
  model_.add_stats(stats);
  const std::lock_guard lock(mutex_);
  gst_structure_set(stats, "feature-hits", G_TYPE_UINT64, feature_counts_.hits, "feature-misses",
                    G_TYPE_UINT64, feature_counts_.misses, "feature-evictions", G_TYPE_UINT64,
                    feature_counts_.evictions, "feature-bytes", G_TYPE_UINT64,
                    static_cast<guint64>(feature_counts_.bytes), nullptr);
}

}  // namespace gsttorch
