// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/transnet/shot_model.h"

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
#include "lib/nn/ops/prepared_image.h"
#include "lib/nn/ops/thumbnail.h"
#include "lib/nn/transnet/transnet.h"
#include "lib/nn/weights/weights.h"

namespace gsttorch {
namespace {

constexpr char kArchitecture[] = "transnetv2";

static_assert(TransNet::kWidth == Thumbnail::kWidth && TransNet::kHeight == Thumbnail::kHeight);

class TransNetShotModel final : public ShotModel {
 public:
  TransNetShotModel(ShotModelInfo info, c10::Device device, TransNet net)
      : info_(std::move(info)), device_(device), net_(std::move(net)) {}

  const ShotModelInfo& info() const override { return info_; }

  Result<Thumbnail> thumbnail(FrameImage& frame) override {
    return caught("frame", [&]() -> Result<Thumbnail> {
      const c10::InferenceMode guard;
      const MemoryScope scope(kArchitecture, "image");
      if (frame.width() < 1 || frame.height() < 1) {
        throw Failure(ErrorCode::BadShape, "the frame is empty");
      }
      return to_thumbnails(prepared_image(frame, {.width = Thumbnail::kWidth,
                                                  .height = Thumbnail::kHeight,
                                                  .filter = ImageFilter::Area,
                                                  .device = device_}))
          .front();
    });
  }

  using ShotModel::probabilities;
  Result<std::vector<ShotProbabilities>> probabilities(std::span<const Thumbnail> frames,
                                                       std::size_t windows,
                                                       std::stop_token stop) override {
    return caught("shots", [&]() -> Result<std::vector<ShotProbabilities>> {
      const c10::InferenceMode guard;
      const MemoryScope memory(kArchitecture, "shots");
      const StopScope scope(std::move(stop));
      if (frames.empty()) return std::vector<ShotProbabilities>();
      const at::Tensor batch = to_tensor(frames, windows).to(device_);
      const auto made = graphs_.run("shots", {batch}, [&](const GraphCache::Tensors& in) {
        const TransNet::Logits logits = net_(in[0]);
        return GraphCache::Tensors{at::sigmoid(logits.single), at::sigmoid(logits.all)};
      });
      const at::Tensor single = made[0].to(at::kCPU).contiguous();
      const at::Tensor all = made[1].to(at::kCPU).contiguous();
      std::vector<ShotProbabilities> result(static_cast<std::size_t>(single.numel()));
      for (std::size_t i = 0; i < result.size(); i++) {
        result[i] = {single.const_data_ptr<float>()[i], all.const_data_ptr<float>()[i]};
      }
      return result;
    });
  }

  std::size_t workspace(int frames) const override {
    const std::size_t bytes = net_.peak_elements(frames) * sizeof(float);
    return bytes + bytes / 16;
  }

 private:
  // The frames that two windows share are copied to both: bytes, where the model makes floats.
  static at::Tensor to_tensor(std::span<const Thumbnail> frames, std::size_t windows) {
    const std::size_t step = frames.size() / (windows + 1);
    if (windows < 1 || (windows > 1 && step * (windows + 1) != frames.size())) {
      throw Failure(ErrorCode::BadShape, std::to_string(frames.size()) + " frames are not " +
                                             std::to_string(windows) + " windows");
    }
    const std::size_t length = windows > 1 ? 2 * step : frames.size();
    at::Tensor batch =
        at::empty({static_cast<std::int64_t>(windows), static_cast<std::int64_t>(length),
                   Thumbnail::kHeight, Thumbnail::kWidth, 3},
                  at::kByte);
    std::uint8_t* out = batch.data_ptr<std::uint8_t>();
    for (std::size_t window = 0; window < windows; window++) {
      for (const Thumbnail& thumbnail : frames.subspan(window * step, length)) {
        out = std::copy(thumbnail.rgb.begin(), thumbnail.rgb.end(), out);
      }
    }
    return batch;
  }

  const ShotModelInfo info_;
  const c10::Device device_;
  const TrimMemoryOnExit trim_;
  const TransNet net_;
  GraphCache graphs_{device_};
};

}  // namespace

Result<std::unique_ptr<ShotModel>> create_shot_model(const ModelOptions& options,
                                                     std::stop_token stop) {
  const auto target = compute_target(options);
  if (!target) return target.error();
  const MemoryScope scope(kArchitecture, "weights");
  const auto state = read_weights(options.path);
  if (!state) return state.error();
  return caught(options.path, [&]() -> Result<std::unique_ptr<ShotModel>> {
    const c10::InferenceMode guard;
    TransNet net(ModuleWeights(*state, *target, std::move(stop)));
    ShotModelInfo info{kArchitecture, options.path, target->device.str(),
                       precision_of(target->type), count_parameters(*state)};
    return std::make_unique<TransNetShotModel>(std::move(info), target->device, std::move(net));
  });
}

}  // namespace gsttorch
