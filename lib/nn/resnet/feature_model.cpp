// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/resnet/feature_model.h"

#include <algorithm>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "lib/nn/base/device.h"
#include "lib/nn/base/failure.h"
#include "lib/nn/base/precision.h"
#include "lib/nn/base/stop_scope.h"
#include "lib/nn/graph/graph_cache.h"
#include "lib/nn/memory/counters.h"
#include "lib/nn/memory/cpu_memory.h"
#include "lib/nn/ops/area_resampling.h"
#include "lib/nn/ops/prepared_image.h"
#include "lib/nn/ops/thumbnail.h"
#include "lib/nn/resnet/resnet.h"
#include "lib/nn/weights/weights.h"

namespace gsttorch {
namespace {

constexpr std::int64_t kSide = 224;
constexpr std::int64_t kFullWidth = 64;  // channels of the stem

// ImageNet's mean and standard deviation.
constexpr std::array<float, 3> kMean{0.485f, 0.456f, 0.406f};
constexpr std::array<float, 3> kDeviation{0.229f, 0.224f, 0.225f};
constexpr PixelScale kImageNet{
    {1 / kDeviation[0], 1 / kDeviation[1], 1 / kDeviation[2]},
    {-kMean[0] / kDeviation[0], -kMean[1] / kDeviation[1], -kMean[2] / kDeviation[2]}};

std::string architecture(std::int64_t width) {
  return width == kFullWidth ? "resnet18" : "resnet18-lite";
}

// Undoes the normalization, back to 0..1. image [B, 3, H, W].
at::Tensor without_scale(const at::Tensor& image) {
  std::vector<at::Tensor> channels;
  for (std::int64_t c = 0; c < 3; c++) {
    channels.push_back(image.narrow(1, c, 1) * kDeviation[c] + kMean[c]);
  }
  return at::cat(channels, 1);
}

class ResNetFeatureModel final : public FeatureModel {
 public:
  ResNetFeatureModel(FeatureModelInfo info, c10::Device device, ResNet net)
      : info_(std::move(info)), device_(device), net_(std::move(net)) {}

  const FeatureModelInfo& info() const override { return info_; }

  Result<std::vector<FrameFeatures>> features(std::span<FrameImage* const> frames,
                                              const FeatureOptions& options,
                                              std::stop_token stop) override {
    return caught("features", [&]() -> Result<std::vector<FrameFeatures>> {
      const c10::InferenceMode guard;
      const MemoryScope memory(info_.architecture, "features");
      const StopScope scope(stop);
      const int layer = check_layer(options.layer);
      if (frames.empty()) return std::vector<FrameFeatures>();
      const at::Tensor images = batch_of(frames);
      const auto made = graphs_.run("layer" + std::to_string(layer), {images},
                                    [&](const GraphCache::Tensors& in) {
                                      return GraphCache::Tensors{net_.features(in[0], layer)};
                                    });
      // Not recorded: its matrices are cached only for a while.
      const at::Tensor small =
          resize_area(without_scale(images), Thumbnail::kHeight, Thumbnail::kWidth);
      return results(made[0].to(at::kCPU).contiguous(), to_thumbnails(small));
    });
  }

  // Peak: an image, the stem's output and its pooled version; or a block's input and both
  // convolutions.
  std::size_t workspace(int frames) const override {
    const std::int64_t stem = net_.stem_channels(), half = kSide / 2, quarter = kSide / 4;
    const std::int64_t image = 3 * kSide * kSide;
    const std::int64_t pooled = stem * quarter * quarter;
    const std::int64_t most = std::max(stem * half * half + pooled, 3 * pooled);
    const auto bytes = static_cast<std::size_t>(frames * (2 * image + most)) * sizeof(float);
    return bytes + bytes / 16;
  }

 private:
  int check_layer(int layer) const {
    if (layer < 0 || layer > net_.layers()) {
      throw Failure(ErrorCode::BadArgument, "there is no layer" + std::to_string(layer) + " in " +
                                                info_.path + ", whose last layer is layer" +
                                                std::to_string(net_.layers()));
    }
    return layer == 0 ? net_.layers() : layer;
  }

  at::Tensor batch_of(std::span<FrameImage* const> frames) const {
    const ImageRequest request = {.width = kSide,
                                  .height = kSide,
                                  .scale = kImageNet,
                                  .filter = ImageFilter::Area,
                                  .device = device_};
    std::vector<at::Tensor> images;
    for (FrameImage* frame : frames) {
      end_if_stopped();
      if (frame->width() < 1 || frame->height() < 1) {
        throw Failure(ErrorCode::BadShape, "the frame is empty");
      }
      images.push_back(prepared_image(*frame, request));
    }
    return images.size() == 1 ? images.front() : at::cat(images);
  }

  static std::vector<FrameFeatures> results(const at::Tensor& values,
                                            const std::vector<Thumbnail>& thumbnails) {
    std::vector<FrameFeatures> all(thumbnails.size());
    const float* row = values.const_data_ptr<float>();
    for (std::size_t i = 0; i < all.size(); i++, row += values.size(1)) {
      all[i].values.assign(row, row + values.size(1));
      all[i].thumbnail = thumbnails[i];
    }
    return all;
  }

  const FeatureModelInfo info_;
  const c10::Device device_;
  const TrimMemoryOnExit trim_;
  const ResNet net_;
  GraphCache graphs_{device_};
};

// Width of the stem, from the file's header; 0 if it has no stem.
std::int64_t stem_width(const StateDict& shapes) {
  const auto stem = shapes.find("conv1.weight");
  return stem != shapes.end() && stem->second.dim() == 4 ? stem->second.size(0) : 0;
}

}  // namespace

Result<std::unique_ptr<FeatureModel>> create_feature_model(const ModelOptions& options,
                                                           std::stop_token stop) {
  const auto target = compute_target(options);
  if (!target) return target.error();
  // Reads only the headers first: they show which model to charge the tensors' memory to.
  const auto shapes = read_weights(options.path, KeyPrefix::Strip, WeightsContent::Shapes);
  if (!shapes) return shapes.error();
  const std::string name = architecture(stem_width(*shapes));
  const MemoryScope scope(name, "weights");
  const auto state = read_weights(options.path);
  if (!state) return state.error();
  return caught(options.path, [&]() -> Result<std::unique_ptr<FeatureModel>> {
    const c10::InferenceMode guard;
    ResNet net(ModuleWeights(*state, *target, std::move(stop)));
    FeatureModelInfo info{name,
                          options.path,
                          target->device.str(),
                          precision_of(target->type),
                          count_parameters(*state),
                          net.layers()};
    return std::make_unique<ResNetFeatureModel>(std::move(info), target->device, std::move(net));
  });
}

}  // namespace gsttorch
