// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/raft/flow_model.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "lib/nn/base/device.h"
#include "lib/nn/base/failure.h"
#include "lib/nn/base/host_tensor.h"
#include "lib/nn/base/precision.h"
#include "lib/nn/base/stop_scope.h"
#include "lib/nn/graph/graph_cache.h"
#include "lib/nn/memory/counters.h"
#include "lib/nn/memory/cpu_memory.h"
#include "lib/nn/ops/flat_image.h"
#include "lib/nn/ops/prepared_image.h"
#include "lib/nn/raft/checkpoint.h"
#include "lib/nn/raft/consistency.h"
#include "lib/nn/raft/flow_figures.h"
#include "lib/nn/raft/raft.h"
#include "lib/nn/raft/warm_start.h"
#include "lib/nn/weights/weights.h"

namespace gsttorch {
namespace {

// The model's input range is -1..1.
constexpr PixelScale kSignedUnit{{2, 2, 2}, {-1, -1, -1}};
constexpr std::int64_t kLeastSide = 128;  // else the coarsest correlation level is empty
constexpr std::int64_t kStride = 8;

struct Size {
  std::int64_t width = 0, height = 0;
  bool operator==(const Size&) const = default;
};

// A frame inside the model: scaled down to `inner`, then padded on all sides to `padded`.
struct Placement {
  Size frame, inner, padded;

  std::int64_t left() const { return (padded.width - inner.width) / 2; }
  std::int64_t top() const { return (padded.height - inner.height) / 2; }
  // Area of one pixel inside the model, in pixels of the frame.
  double net_pixel_area() const {
    return static_cast<double>(frame.width * frame.height) /
           static_cast<double>(inner.width * inner.height);
  }
  bool operator==(const Placement&) const = default;
};

Placement place(int width, int height, int max_size) {
  const std::int64_t longer = std::max(width, height);
  const double scale =
      max_size > 0 && longer > max_size ? static_cast<double>(max_size) / longer : 1;
  const auto scaled = [&](int side) {
    return std::max<std::int64_t>(1, std::llround(side * scale));
  };
  const auto padded = [](std::int64_t side) {
    return std::max(kLeastSide, (side + kStride - 1) / kStride * kStride);
  };
  Placement p;
  p.frame = {width, height};
  p.inner = {scaled(width), scaled(height)};
  p.padded = {padded(p.inner.width), padded(p.inner.height)};
  return p;
}

ImageRequest image_request(const Placement& p, c10::Device device) {
  return {.width = p.inner.width,
          .height = p.inner.height,
          .left = p.left(),
          .right = p.padded.width - p.inner.width - p.left(),
          .top = p.top(),
          .bottom = p.padded.height - p.inner.height - p.top(),
          .scale = kSignedUnit,
          .device = device};
}

class RaftFrame final : public FlowFrame {
 public:
  RaftFrame(Placement placement, bool is_flat, Raft::Features features)
      : placement(placement), is_flat(is_flat), features(std::move(features)) {}
  std::size_t bytes() const override {
    return features.map.nbytes() + features.hidden.nbytes() + features.context.nbytes();
  }
  const Placement placement;
  const bool is_flat;
  const Raft::Features features;
};

// The coarse flow [1, 2, h, w] of each computed direction.
class RaftState final : public FlowState {
 public:
  at::Tensor forward, backward;
};

const RaftFrame& raft_frame(const std::shared_ptr<const FlowFrame>& frame) {
  const auto* mine = dynamic_cast<const RaftFrame*>(frame.get());
  if (!mine)
    throw Failure(ErrorCode::BadArgument, "the features of the frame come from another model");
  return *mine;
}

void check_same_size(std::span<const FlowPair> pairs) {
  const Placement& first = raft_frame(pairs.front().earlier).placement;
  for (const FlowPair& pair : pairs) {
    if (!(raft_frame(pair.earlier).placement == first) ||
        !(raft_frame(pair.later).placement == first)) {
      throw Failure(ErrorCode::BadShape, "the frames of a pair differ in size");
    }
  }
}

enum class Way { Forward, Backward };

std::vector<Way> ways(FlowDirection direction) {
  switch (direction) {
    case FlowDirection::Forward:
      return {Way::Forward};
    case FlowDirection::Backward:
      return {Way::Backward};
    case FlowDirection::Both:
      return {Way::Forward, Way::Backward};
  }
  return {};
}

// Initial flow of one pair, [1, 2, h, w].
at::Tensor start_of(const FlowPair& pair, Way way, const at::Tensor& map) {
  const auto* state = dynamic_cast<const RaftState*>(pair.warm_start.get());
  const at::Tensor last = !state                ? at::Tensor()
                          : way == Way::Forward ? state->forward
                                                : state->backward;
  if (!last.defined() || last.size(2) != map.size(2) || last.size(3) != map.size(3)) {
    return at::zeros({1, 2, map.size(2), map.size(3)}, map.options().memory_format(std::nullopt));
  }
  return project_forward(last, way == Way::Forward ? last : -last);
}

// Joins all pairs in all directions to one batch.
Raft::Pairs batch_of(std::span<const FlowPair> pairs, const std::vector<Way>& ways) {
  std::vector<at::Tensor> maps, hidden, context, seconds, starts;
  for (const Way way : ways) {
    for (const FlowPair& pair : pairs) {
      const auto& earlier = raft_frame(pair.earlier).features;
      const auto& later = raft_frame(pair.later).features;
      const auto& first = way == Way::Forward ? earlier : later;
      maps.push_back(first.map);
      hidden.push_back(first.hidden);
      context.push_back(first.context);
      seconds.push_back(way == Way::Forward ? later.map : earlier.map);
      starts.push_back(start_of(pair, way, first.map));
    }
  }
  const auto join = [](const std::vector<at::Tensor>& parts) {
    return parts.size() == 1 ? parts.front() : at::cat(parts);
  };
  return {{join(maps), join(hidden), join(context)}, join(seconds), join(starts)};
}

// Converts the model's flow [B, 2, H, W] to the frame's grid and pixels.
at::Tensor to_frame(const at::Tensor& flow, const Placement& p) {
  const at::Tensor inner =
      flow.narrow(2, p.top(), p.inner.height).narrow(3, p.left(), p.inner.width);
  if (p.inner == p.frame) return inner;
  const at::Tensor scaled =
      at::upsample_bilinear2d(inner.contiguous(), {p.frame.height, p.frame.width}, false);
  scaled.select(1, 0).mul_(static_cast<double>(p.frame.width) / p.inner.width);
  scaled.select(1, 1).mul_(static_cast<double>(p.frame.height) / p.inner.height);
  return scaled;
}

// [2, H, W] -> [H, W, 2] of the requested type.
TensorHandle as_result(const at::Tensor& flow, DataType type) {
  return make_tensor_handle(
      flow.permute({1, 2, 0}).to(type == DataType::Float16 ? at::kHalf : at::kFloat));
}

std::size_t pixel_bytes(const Size& size, std::int64_t channels) {
  return static_cast<std::size_t>(size.width * size.height * channels) * sizeof(float);
}

// Margin for memory not counted below: scratch of single operations, tensors of a few kilobytes.
std::size_t with_margin(std::size_t bytes) { return bytes + bytes / 16; }

// Bytes for converting an image to the model's input.
std::size_t conversion_bytes(const Placement& p) {
  std::size_t bytes = pixel_bytes(p.frame, 3);
  if (!(p.inner == p.frame)) {  // and the rows of a separable filter
    bytes += pixel_bytes(p.inner, 3) + pixel_bytes({p.inner.width, p.frame.height}, 3);
  }
  return p.inner == p.padded ? bytes : bytes + pixel_bytes(p.padded, 3);
}

// Bytes for converting the model's flow to the results, on the frame's grid.
std::size_t result_bytes(const Placement& p, std::int64_t pairs, FlowDirection direction) {
  const bool both = direction == FlowDirection::Both;
  const std::int64_t batch = both ? 2 * pairs : pairs;
  const std::int64_t inner = p.inner == p.frame ? 0 : 2 * batch;
  const std::int64_t consistency = both ? 14 * pairs : 1;  // one: a copy in half precision
  return pixel_bytes(p.padded, 2 * batch) + pixel_bytes(p.inner, inner) +
         pixel_bytes(p.frame, inner + 2 * batch + consistency);
}

// A key prefix that distinguishes this loaded model's features from any other model's in the
// process.
std::string next_features_key() {
  static std::atomic<std::uint64_t> loaded = 0;
  return "raft " + std::to_string(++loaded) + ' ';
}

class RaftFlowModel final : public FlowModel {
 public:
  RaftFlowModel(FlowModelInfo info, c10::Device device, Raft net)
      : info_(std::move(info)), device_(device), net_(std::move(net)) {}

  const FlowModelInfo& info() const override { return info_; }

  Result<std::shared_ptr<const FlowFrame>> encode(FrameImage& image, const FlowOptions& options,
                                                  std::stop_token stop) override {
    return caught("flow features", [&]() -> Result<std::shared_ptr<const FlowFrame>> {
      const c10::InferenceMode guard;
      const StopScope scope(std::move(stop));
      if (image.width() < 1 || image.height() < 1) {
        throw Failure(ErrorCode::BadShape, "the frame is empty");
      }
      const Placement placement = place(image.width(), image.height(), options.max_size);
      const ImageRequest request = image_request(placement, device_);
      const auto made = image.get(DerivedKind::Features, features_key_ + image_key(request), [&] {
        const c10::InferenceMode guard;
        const MemoryScope memory(info_.architecture, "features");
        end_if_stopped();
        const at::Tensor prepared = prepared_image(image, request);
        const at::Tensor inner = prepared.narrow(2, placement.top(), placement.inner.height)
                                     .narrow(3, placement.left(), placement.inner.width);
        auto frame =
            std::make_shared<const RaftFrame>(placement, is_flat_image(inner), encode(prepared));
        wait_for_work(device_);
        return frame;
      });
      return std::dynamic_pointer_cast<const FlowFrame>(made);
    });
  }

  FlowWorkspace workspace(int width, int height, int pairs,
                          const FlowOptions& options) const override {
    const Placement p = place(width, height, options.max_size);
    const Extent padded = {p.padded.height, p.padded.width};
    const auto batch = static_cast<std::int64_t>(pairs) * ways(options.direction).size();
    FlowWorkspace workspace;
    workspace.features = net_.feature_bytes(padded);
    workspace.encode = with_margin(
        std::max(conversion_bytes(p), pixel_bytes(p.padded, 3) + net_.encode_bytes(padded)));
    workspace.flow =
        with_margin(std::max(net_.flow_bytes(padded, batch, options.correlation_budget_bytes),
                             result_bytes(p, pairs, options.direction)));
    return workspace;
  }

  Result<std::vector<FlowResult>> flow(std::span<const FlowPair> pairs, const FlowOptions& options,
                                       std::stop_token stop) override {
    return caught("flow", [&]() -> Result<std::vector<FlowResult>> {
      const c10::InferenceMode guard;
      const MemoryScope memory(info_.architecture, "flow");
      const StopScope scope(stop);
      if (pairs.empty()) return std::vector<FlowResult>();
      if (options.iterations < 1)
        throw Failure(ErrorCode::BadArgument, "the number of iterations must be at least 1");
      check_same_size(pairs);
      const std::vector<Way> directions = ways(options.direction);
      const Raft::Flow flow =
          net_flow(batch_of(pairs, directions),
                   {.iterations = options.iterations,
                    .convergence_px = options.convergence_px,
                    .correlation_budget_bytes = options.correlation_budget_bytes,
                    .stop = stop});
      end_if_stopped();
      auto all = results(pairs, directions, flow, options.output);
      wait_for_work(device_);
      return all;
    });
  }

 private:
  Raft::Features encode(const at::Tensor& image) {
    const auto made = graphs_.run("encode", {image}, [&](const GraphCache::Tensors& in) {
      const Raft::Features features = net_.encode(in[0]);
      return GraphCache::Tensors{features.map, features.hidden, features.context};
    });
    return {made[0], made[1], made[2]};
  }

  // Early stopping depends on values that the GPU computes, so it is not recorded.
  Raft::Flow net_flow(const Raft::Pairs& pairs, const Raft::Options& options) {
    if (options.convergence_px > 0) return net_.flow(pairs, options);
    end_if_stopped();
    const std::string name = "flow " + std::to_string(options.iterations) + ' ' +
                             std::to_string(options.correlation_budget_bytes);
    const Raft::Features& first = pairs.first;
    const GraphCache::Tensors in = {first.map, first.hidden, first.context, pairs.second_map,
                                    pairs.start};
    const auto made = graphs_.run(name, in, [&](const GraphCache::Tensors& t) {
      const Raft::Flow flow = net_.flow({{t[0], t[1], t[2]}, t[3], t[4]}, options);
      return GraphCache::Tensors{flow.full, flow.coarse};
    });
    const auto batch = static_cast<std::size_t>(first.map.size(0));
    return {made[0], made[1], std::vector<int>(batch, options.iterations)};
  }

  static std::vector<FlowResult> results(std::span<const FlowPair> pairs,
                                         const std::vector<Way>& directions, const Raft::Flow& flow,
                                         DataType type) {
    const auto count = static_cast<std::int64_t>(pairs.size());
    const Placement& placement = raft_frame(pairs.front().earlier).placement;
    const at::Tensor full = to_frame(flow.full, placement);
    const at::Tensor confidence =
        directions.size() == 2
            ? flow_consistency(full.narrow(0, 0, count), full.narrow(0, count, count),
                               placement.net_pixel_area())
            : at::Tensor();
    std::vector<FlowResult> all(pairs.size());
    for (std::int64_t i = 0; i < count; i++) {
      FlowResult& result = all[i];
      auto state = std::make_shared<RaftState>();
      for (std::size_t d = 0; d < directions.size(); d++) {
        const std::int64_t index = static_cast<std::int64_t>(d) * count + i;
        const bool forward = directions[d] == Way::Forward;
        (forward ? result.forward : result.backward) = as_result(full[index], type);
        (forward ? state->forward : state->backward) = flow.coarse.narrow(0, index, 1).clone();
        result.iterations = std::max(result.iterations, flow.iterations[index]);
      }
      const FlowFigures figures = flow_figures(full[i]);
      result.mean_magnitude_px = figures.mean_magnitude;
      result.max_magnitude_px = figures.max_magnitude;
      result.mean_x_px = figures.mean_x;
      result.mean_y_px = figures.mean_y;
      result.is_flat = raft_frame(pairs[i].earlier).is_flat || raft_frame(pairs[i].later).is_flat;
      if (confidence.defined()) result.confidence = make_tensor_handle(confidence[i]);
      result.state = std::move(state);
    }
    return all;
  }

  const FlowModelInfo info_;
  const c10::Device device_;
  const TrimMemoryOnExit trim_;
  const Raft net_;
  GraphCache graphs_{device_};
  const std::string features_key_ = next_features_key();
};

}  // namespace

Result<std::unique_ptr<FlowModel>> create_flow_model(const ModelOptions& options,
                                                     std::stop_token stop) {
  const auto target = compute_target(options);
  if (!target) return target.error();
  // Reads only the headers first: they show which model to charge the tensors' memory to.
  const auto shapes = read_weights(options.path, KeyPrefix::Strip, WeightsContent::Shapes);
  if (!shapes) return shapes.error();
  const std::string name =
      Raft::is_large(with_torchvision_raft_keys(*shapes)) ? "raft-large" : "raft-small";
  const MemoryScope scope(name, "weights");
  const auto file = read_weights(options.path);
  if (!file) return file.error();
  return caught(options.path, [&]() -> Result<std::unique_ptr<FlowModel>> {
    const c10::InferenceMode guard;
    const StateDict state = with_torchvision_raft_keys(*file);
    Raft net(ModuleWeights(state, *target, std::move(stop)));
    FlowModelInfo info{name, options.path, target->device.str(), precision_of(target->type),
                       count_parameters(state)};
    return std::make_unique<RaftFlowModel>(std::move(info), target->device, std::move(net));
  });
}

}  // namespace gsttorch
