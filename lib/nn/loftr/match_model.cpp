// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/loftr/match_model.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "lib/nn/base/device.h"
#include "lib/nn/base/failure.h"
#include "lib/nn/base/precision.h"
#include "lib/nn/base/stop_scope.h"
#include "lib/nn/loftr/loftr.h"
#include "lib/nn/memory/counters.h"
#include "lib/nn/memory/cpu_memory.h"
#include "lib/nn/ops/prepared_image.h"
#include "lib/nn/weights/weights.h"

namespace gsttorch {
namespace {

// The model's input is grey in 0..1: the luma of BT.601, as a sum of scaled channels.
constexpr PixelScale kLuma{{0.299f, 0.587f, 0.114f}, {0, 0, 0}};

struct Size {
  std::int64_t width = 0, height = 0;
};

// A frame inside the model: scaled down to `inner`, then padded to the right and below to `padded`.
struct Placement {
  Size frame, inner, padded;

  // Convert the model's pixels to the frame's: both grids cover the same area.
  float frame_x(double x) const { return to_frame(x, inner.width, frame.width); }
  float frame_y(double y) const { return to_frame(y, inner.height, frame.height); }

 private:
  static float to_frame(double at, std::int64_t inner, std::int64_t frame) {
    return static_cast<float>((at + 0.5) * static_cast<double>(frame) / inner - 0.5);
  }
};

Placement place(int width, int height, int max_size, std::int64_t stride) {
  const std::int64_t longer = std::max(width, height);
  const double scale =
      max_size > 0 && longer > max_size ? static_cast<double>(max_size) / longer : 1;
  const auto scaled = [&](int side) {
    return std::max<std::int64_t>(1, std::llround(side * scale));
  };
  const auto padded = [&](std::int64_t side) { return (side + stride - 1) / stride * stride; };
  Placement p;
  p.frame = {width, height};
  p.inner = {scaled(width), scaled(height)};
  p.padded = {padded(p.inner.width), padded(p.inner.height)};
  return p;
}

ImageRequest image_request(const Placement& p, c10::Device device) {
  return {.width = p.inner.width,
          .height = p.inner.height,
          .right = p.padded.width - p.inner.width,
          .bottom = p.padded.height - p.inner.height,
          .scale = kLuma,
          .device = device};
}

at::Tensor grey(const at::Tensor& scaled) {  // [1, 3, H, W] -> [1, 1, H, W]
  return (scaled.narrow(1, 0, 1) + scaled.narrow(1, 1, 1)).add_(scaled.narrow(1, 2, 1));
}

std::size_t pixel_bytes(const Size& size, std::int64_t channels) {
  return static_cast<std::size_t>(size.width * size.height * channels) * sizeof(float);
}

// Margin for memory not counted: scratch of single operations, tensors of a few kilobytes.
std::size_t with_margin(std::size_t bytes) { return bytes + bytes / 8 + (1 << 20); }

// Bytes for converting an image to the model's input.
std::size_t conversion_bytes(const Placement& p) {
  return pixel_bytes(p.frame, 3) + pixel_bytes(p.inner, 3) +
         pixel_bytes({p.inner.width, p.frame.height}, 3) + pixel_bytes(p.padded, 4);
}

std::size_t grey_bytes(const Placement& p) { return pixel_bytes(p.padded, 5); }

class LoftrFrame final : public MatchFrame {
 public:
  LoftrFrame(Placement placement, std::shared_ptr<const Loftr::Image> encoded)
      : placement(placement), encoded(std::move(encoded)) {}
  std::size_t bytes() const override { return encoded->bytes(); }
  const Placement placement;
  const std::shared_ptr<const Loftr::Image> encoded;
};

const LoftrFrame& loftr_frame(const std::shared_ptr<const MatchFrame>& frame) {
  const auto* mine = dynamic_cast<const LoftrFrame*>(frame.get());
  if (!mine)
    throw Failure(ErrorCode::BadArgument, "the features of the frame come from another model");
  return *mine;
}

// A key prefix that distinguishes this loaded model's features from any other model's in the
// process.
std::string next_features_key() {
  static std::atomic<std::uint64_t> loaded = 0;
  return "loftr " + std::to_string(++loaded) + ' ';
}

Loftr::Options net_options(const MatchOptions& options, std::stop_token stop) {
  if (options.chunk < 1) throw Failure(ErrorCode::BadArgument, "chunk must be at least 1");
  if (options.spacing < 1) throw Failure(ErrorCode::BadArgument, "spacing must be at least 1");
  if (!(options.token_pruning >= 0 && options.token_pruning <= MatchOptions::kMostPruned)) {
    throw Failure(ErrorCode::BadArgument, "token pruning is " +
                                              std::to_string(options.token_pruning) +
                                              ", but it must be between 0 and 0.9");
  }
  Loftr::Options net;
  net.threshold = options.threshold;
  net.max_matches = options.max_matches;
  net.spacing = options.spacing;
  net.token_pruning = options.token_pruning;
  net.chunk = options.chunk;
  net.stop = std::move(stop);
  return net;
}

class LoftrMatchModel final : public MatchModel {
 public:
  LoftrMatchModel(MatchModelInfo info, c10::Device device, const ModuleWeights& weights,
                  const LoftrConfig& config)
      : info_(std::move(info)), device_(device), net_(weights, config) {}

  const MatchModelInfo& info() const override { return info_; }

  Result<std::shared_ptr<const MatchFrame>> encode(FrameImage& image, const MatchOptions& options,
                                                   std::stop_token stop) override {
    return caught("match features", [&]() -> Result<std::shared_ptr<const MatchFrame>> {
      const c10::InferenceMode guard;
      const StopScope scope(std::move(stop));
      if (image.width() < 1 || image.height() < 1) {
        throw Failure(ErrorCode::BadShape, "the frame is empty");
      }
      const Placement placement =
          place(image.width(), image.height(), options.max_size, net_.stride());
      const ImageRequest request = image_request(placement, device_);
      const auto made = image.get(DerivedKind::Features, features_key_ + image_key(request), [&] {
        const c10::InferenceMode guard;
        const MemoryScope memory(info_.architecture, "features");
        end_if_stopped();
        auto frame = std::make_shared<const LoftrFrame>(
            placement, net_.encode(grey(prepared_image(image, request))));
        wait_for_work(device_);
        return frame;
      });
      return std::dynamic_pointer_cast<const MatchFrame>(made);
    });
  }

  MatchWorkspace workspace(int width, int height, int pairs,
                           const MatchOptions& options) const override {
    const Placement p = place(width, height, options.max_size, net_.stride());
    const Loftr::Bytes net = net_.bytes({p.padded.height, p.padded.width}, pairs, options.chunk);
    MatchWorkspace workspace;
    workspace.features = net.encoded;
    workspace.encode = with_margin(std::max(conversion_bytes(p), grey_bytes(p) + net.encode));
    workspace.match = with_margin(net.match);
    return workspace;
  }

  Result<std::vector<MatchResult>> match(std::span<const MatchPair> pairs,
                                         const MatchOptions& options,
                                         std::stop_token stop) override {
    return caught("matching", [&]() -> Result<std::vector<MatchResult>> {
      const c10::InferenceMode guard;
      const MemoryScope scope(info_.architecture, "match");
      std::vector<Loftr::ImagePair> encoded;
      for (const MatchPair& pair : pairs) {
        encoded.push_back(
            {loftr_frame(pair.first).encoded.get(), loftr_frame(pair.second).encoded.get()});
      }
      const auto found = net_.match(encoded, net_options(options, std::move(stop)));
      std::vector<MatchResult> results;
      for (std::size_t i = 0; i < pairs.size(); i++) {
        results.push_back(
            result(loftr_frame(pairs[i].first), loftr_frame(pairs[i].second), found[i]));
      }
      wait_for_work(device_);
      return results;
    });
  }

 private:
  MatchResult result(const LoftrFrame& first, const LoftrFrame& second,
                     const Loftr::Matches& found) const {
    const CoarseGrid grid0 = first.encoded->grid(), grid1 = second.encoded->grid();
    const at::Tensor offsets = found.offsets.contiguous();
    const float* offset = offsets.const_data_ptr<float>();
    const auto stride = static_cast<double>(net_.stride());
    MatchResult result;
    for (const CoarseMatch& match : found.coarse) {
      const std::int64_t i = match.first, j = match.second;
      result.matches.push_back(
          {first.placement.frame_x(stride * static_cast<double>(i % grid0.width)),
           first.placement.frame_y(stride * static_cast<double>(i / grid0.width)),
           second.placement.frame_x(stride * static_cast<double>(j % grid1.width) + offset[0]),
           second.placement.frame_y(stride * static_cast<double>(j / grid1.width) + offset[1]),
           match.confidence});
      offset += 2;
    }
    return result;
  }

  const MatchModelInfo info_;
  const c10::Device device_;
  const TrimMemoryOnExit trim_;
  const Loftr net_;
  const std::string features_key_ = next_features_key();
};

// The manifest's properties (which have dashes in their names), overridden by the file's.
Result<LoftrProperties> properties_of(const ModelOptions& options) {
  LoftrProperties properties;
  for (const auto& [key, value] : options.properties) {
    std::string name = key;
    std::replace(name.begin(), name.end(), '-', '_');
    properties[name] = value;
  }
  auto metadata = read_weights_metadata(options.path);
  if (!metadata) return metadata.error();
  for (const auto& [name, value] : *metadata) properties[name] = value;
  return properties;
}

}  // namespace

Result<std::unique_ptr<MatchModel>> create_match_model(const ModelOptions& options,
                                                       std::stop_token stop) {
  const auto target = compute_target(options);
  if (!target) return target.error();
  const auto properties = properties_of(options);
  if (!properties) return properties.error();
  const MemoryScope scope("loftr", "weights");
  const auto state = read_weights(options.path);
  if (!state) return state.error();
  return caught(options.path, [&]() -> Result<std::unique_ptr<MatchModel>> {
    const c10::InferenceMode guard;
    const LoftrConfig config = loftr_config(*state, *properties);
    MatchModelInfo info;
    info.architecture = config.has_fine() ? "loftr" : "loftr-coarse";
    info.has_fine_stage = config.has_fine();
    info.path = options.path;
    info.device = target->device.str();
    info.precision = precision_of(target->type);
    info.parameters = count_parameters(*state);
    info.cell_px = static_cast<int>(config.coarse_stride());
    info.margin_px = static_cast<int>(LoftrConfig::kBorder * config.coarse_stride());
    return std::make_unique<LoftrMatchModel>(
        std::move(info), target->device, ModuleWeights(*state, *target, std::move(stop)), config);
  });
}

}  // namespace gsttorch
