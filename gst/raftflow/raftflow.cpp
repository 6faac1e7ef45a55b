// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/raftflow/raftflow.h"

#include <chrono>
#include <utility>

#include "lib/core/manifest.h"
#include "lib/engine/loader.h"
#include "lib/gst/boundary.h"
#include "lib/gst/gsttorchflowmeta.h"
#include "lib/gst/message.h"
#include "lib/gst/ref.h"
#include "lib/gst/tensor_buffer.h"
#include "lib/gst/video_frame.h"

GST_DEBUG_CATEGORY_EXTERN(gst_raft_flow_debug);
#define GST_CAT_DEFAULT gst_raft_flow_debug

namespace gsttorch {
namespace {

constexpr char kDefaultModel[] = "raft-small";

double milliseconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

std::optional<std::int64_t> known(GstClockTime time) {
  if (!GST_CLOCK_TIME_IS_VALID(time)) return std::nullopt;
  return static_cast<std::int64_t>(time);
}

std::optional<std::int64_t> frame_duration(const GstVideoInfo& info) {
  if (info.fps_n <= 0 || info.fps_d <= 0) return std::nullopt;
  return gst_util_uint64_scale(GST_SECOND, info.fps_d, info.fps_n);
}

GstTorchFlowDirection meta_direction(const FlowResult& flow) {
  if (!flow.backward) return GST_TORCH_FLOW_FORWARD;
  return flow.forward ? GST_TORCH_FLOW_BOTH : GST_TORCH_FLOW_BACKWARD;
}

}  // namespace

RaftFlowSettings RaftFlow::settings() const {
  const std::lock_guard lock(mutex_);
  return settings_;
}

RaftFlowStats RaftFlow::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

std::stop_token RaftFlow::stop_token() const {
  const std::lock_guard lock(mutex_);
  return stop_.get_token();
}

void RaftFlow::cancel() {
  const std::lock_guard lock(mutex_);
  stop_.request_stop();
}

void RaftFlow::resume() {
  const std::lock_guard lock(mutex_);
  stop_ = std::stop_source();
}

Result<void> RaftFlow::start_loading() {
  const RaftFlowSettings wanted = settings();
  const auto path = resolve_weights(wanted.model == "auto" ? kDefaultModel : wanted.model);
  if (!path) return path.error();
  loading_ =
      std::async(std::launch::async, [path = *path, device = wanted.device]() -> Result<Loaded> {
        const auto start = std::chrono::steady_clock::now();
        const auto engine = load_engine();
        if (!engine) return engine.error();
        auto model = (*engine)->load_flow_model({path, device});
        if (!model) return model.error();
        return Loaded{std::move(model).value(), milliseconds_since(start)};
      });
  return {};
}

void RaftFlow::unload() {
  if (loading_.valid()) loading_.wait();
  loading_ = {};
  model_.reset();
  reset();
  const std::lock_guard lock(mutex_);
  stats_ = RaftFlowStats();
}

// The streaming thread waits here for the load, once. Null after an error that was posted.
FlowModel* RaftFlow::model() {
  if (model_ || !loading_.valid()) return model_.get();
  auto loaded = loading_.get();
  if (!loaded) {
    post_error(element_, loaded.error());
    return nullptr;
  }
  model_ = std::move(loaded->model);
  const FlowModelInfo& info = model_->info();
  GST_INFO_OBJECT(element_, "%s (%s) on %s, loaded in %.0f ms", info.architecture.c_str(),
                  info.path.c_str(), info.device.c_str(), loaded->load_ms);
  const std::lock_guard lock(mutex_);
  stats_.model = info.architecture;
  stats_.device = info.device;
  stats_.load_ms = loaded->load_ms;
  return model_.get();
}

void RaftFlow::set_video_info(const GstVideoInfo& info) {
  if (!info_.finfo || !gst_video_info_is_equal(&info, &info_)) reset();
  info_ = info;
}

void RaftFlow::reset() { state_ = State(); }

bool RaftFlow::begins_anew(GstBuffer* buffer, const RaftFlowSettings& settings) {
  const bool marked = std::exchange(marked_, false) || GST_BUFFER_IS_DISCONT(buffer);
  const bool jumps =
      state_.continuity.is_break(known(GST_BUFFER_PTS(buffer)), frame_duration(info_), marked);
  const bool other_settings =
      state_.max_size != settings.options.max_size || state_.lag != settings.lag;
  state_.max_size = settings.options.max_size;
  state_.lag = settings.lag;
  return jumps || other_settings;
}

GstFlowReturn RaftFlow::process(GstBuffer* buffer, const GstSegment& segment) {
  const RaftFlowSettings settings = this->settings();
  if (begins_anew(buffer, settings)) {
    GST_DEBUG_OBJECT(element_, "begins anew at %" GST_TIME_FORMAT,
                     GST_TIME_ARGS(GST_BUFFER_PTS(buffer)));
    state_.seen.clear();
    state_.warm_start.reset();
  }
  if (!model()) return GST_FLOW_ERROR;
  const auto start = std::chrono::steady_clock::now();
  const auto outcome = infer(buffer, settings);
  if (!outcome) {
    if (outcome.error().code == ErrorCode::Cancelled) return GST_FLOW_FLUSHING;
    post_error(element_, outcome.error());
    return GST_FLOW_ERROR;
  }
  attach(buffer, settings, *outcome);
  if (settings.post_messages && outcome->flow) post(buffer, segment, *outcome);
  const std::lock_guard lock(mutex_);
  stats_.frames++;
  (outcome->flow ? stats_.pairs : stats_.skipped)++;
  stats_.inference_ms += milliseconds_since(start);
  return GST_FLOW_OK;
}

Result<std::shared_ptr<const FlowFrame>> RaftFlow::encode(GstBuffer* buffer,
                                                          const FlowOptions& options) {
  const MappedFrame frame(info_, buffer);
  if (!frame) return Error{ErrorCode::BadShape, "a buffer does not hold the frame its caps tell"};
  SingleUseImage image(frame.view());
  return model_->encode(image, options);
}

Result<RaftFlow::Outcome> RaftFlow::infer(GstBuffer* buffer, const RaftFlowSettings& settings) {
  const std::uint64_t index = state_.next_index++;
  const guint interval = settings.inference_interval;
  while (!state_.seen.empty() && state_.seen.front().index + settings.lag < index) {
    state_.seen.pop_front();
  }
  Outcome outcome;
  const bool is_later = index % interval == 0;
  const bool will_be_earlier = (index + settings.lag) % interval == 0;
  if (!is_later && !will_be_earlier) {
    outcome.skipped = "inference-interval";
    return outcome;
  }
  const auto features = encode(buffer, settings.options);
  if (!features) return features.error();
  state_.seen.push_back({index, GST_BUFFER_PTS(buffer), *features});
  const Seen& reference = state_.seen.front();
  if (!is_later) {
    outcome.skipped = "inference-interval";
  } else if (reference.index + settings.lag != index) {
    outcome.skipped = "first-frame";
  } else {
    outcome.reference = &reference;
    FlowPair pair{reference.features, *features, nullptr};
    if (settings.warm_start && state_.warm_start_index == reference.index) {
      pair.warm_start = state_.warm_start;
    }
    auto flows = model_->flow({&pair, 1}, settings.options, stop_token());
    if (!flows) return flows.error();
    outcome.flow = std::move(flows->front());
    state_.warm_start = outcome.flow->state;
    state_.warm_start_index = index;
  }
  return outcome;
}

void RaftFlow::attach(GstBuffer* buffer, const RaftFlowSettings& settings,
                      const Outcome& outcome) const {
  if (settings.attach == GST_TORCH_ATTACH_NONE) return;
  GstTorchFlow meta = {};
  meta.width = meta.grid_width = GST_VIDEO_INFO_WIDTH(&info_);
  meta.height = meta.grid_height = GST_VIDEO_INFO_HEIGHT(&info_);
  meta.reference_pts = GST_CLOCK_TIME_NONE;
  meta.dt = GST_CLOCK_STIME_NONE;
  meta.source = GST_OBJECT_NAME(element_);
  meta.model = model_->info().architecture.c_str();
  meta.skipped = outcome.skipped;
  meta.direction = static_cast<GstTorchFlowDirection>(settings.options.direction);
  Ref<GstBuffer> arrays[3];
  if (outcome.flow) {
    const FlowResult& flow = *outcome.flow;
    meta.direction = meta_direction(flow);
    meta.format = settings.options.output == DataType::Float16 ? GST_TORCH_FLOW_FORMAT_F16
                                                               : GST_TORCH_FLOW_FORMAT_F32;
    meta.reference_pts = outcome.reference->pts;
    if (known(meta.reference_pts) && known(GST_BUFFER_PTS(buffer))) {
      meta.dt = GST_CLOCK_DIFF(meta.reference_pts, GST_BUFFER_PTS(buffer));
    }
    meta.iterations = flow.iterations;
    meta.mean_magnitude = flow.mean_magnitude_px;
    meta.max_magnitude = flow.max_magnitude_px;
    if (settings.attach == GST_TORCH_ATTACH_FULL) {
      arrays[0] = wrap_tensor(flow.forward ? flow.forward : flow.backward);
      if (flow.forward && flow.backward) arrays[1] = wrap_tensor(flow.backward);
      if (flow.confidence) arrays[2] = wrap_tensor(flow.confidence);
    }
  }
  meta.flow = arrays[0].get();
  meta.backward_flow = arrays[1].get();
  meta.confidence = arrays[2].get();
  gst_buffer_add_torch_flow_meta(buffer, &meta);
}

void RaftFlow::post(GstBuffer* buffer, const GstSegment& segment, const Outcome& outcome) const {
  GstStructure* s = new_timed_structure("raftflow", segment, buffer);
  gst_structure_set(s, "reference-timestamp", G_TYPE_UINT64, outcome.reference->pts, "iterations",
                    G_TYPE_UINT, static_cast<guint>(outcome.flow->iterations), "mean-magnitude",
                    G_TYPE_DOUBLE, outcome.flow->mean_magnitude_px, "max-magnitude", G_TYPE_DOUBLE,
                    outcome.flow->max_magnitude_px, nullptr);
  gst_element_post_message(element_, gst_message_new_element(GST_OBJECT(element_), s));
}

}  // namespace gsttorch
