// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <chrono>
#include <deque>
#include <filesystem>
#include <utility>

#include "lib/engine/loader.h"
#include "tools/gst-torch/bench/contender.h"

namespace gsttorch {
namespace {

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

using Images = std::deque<SingleUseImage>;

/// What a model does with some frames of a video, in order.
class Work {
 public:
  virtual ~Work() = default;
  virtual Result<void> process(Images& images) = 0;
};

class SceneWork final : public Work {
 public:
  explicit SceneWork(std::unique_ptr<FeatureModel> model) : model_(std::move(model)) {}

  Result<void> process(Images& images) override {
    std::vector<FrameImage*> frames;
    for (SingleUseImage& image : images) frames.push_back(&image);
    const auto features = model_->features(frames, {});
    return features ? Result<void>{} : features.error();
  }

 private:
  std::unique_ptr<FeatureModel> model_;
};

class FlowWork final : public Work {
 public:
  FlowWork(std::unique_ptr<FlowModel> model, const BenchSettings& settings)
      : model_(std::move(model)) {
    options_.iterations = settings.iterations;
    options_.max_size = settings.max_size;
  }

  Result<void> process(Images& images) override {
    std::vector<FlowPair> pairs;
    for (SingleUseImage& image : images) {
      auto frame = model_->encode(image, options_);
      if (!frame) return frame.error();
      if (previous_) pairs.push_back({previous_, *frame, nullptr});
      previous_ = *frame;
    }
    if (pairs.empty()) return {};
    const auto flows = model_->flow(pairs, options_);
    if (!flows) return flows.error();
    for (const FlowResult& flow : *flows) {
      if (!flow.forward->host_data()) {
        return Error{ErrorCode::OutOfMemory, "cannot copy the flow to host memory"};
      }
    }
    return {};
  }

 private:
  std::unique_ptr<FlowModel> model_;
  FlowOptions options_;
  std::shared_ptr<const FlowFrame> previous_;
};

class MatchWork final : public Work {
 public:
  MatchWork(std::unique_ptr<MatchModel> model, const BenchSettings& settings)
      : model_(std::move(model)) {
    options_.max_size = settings.max_size;
  }

  Result<void> process(Images& images) override {
    std::vector<MatchPair> pairs;
    for (SingleUseImage& image : images) {
      auto frame = model_->encode(image, options_);
      if (!frame) return frame.error();
      if (previous_) pairs.push_back({previous_, *frame});
      previous_ = *frame;
    }
    if (pairs.empty()) return {};
    const auto matches = model_->match(pairs, options_);
    return matches ? Result<void>{} : matches.error();
  }

 private:
  std::unique_ptr<MatchModel> model_;
  MatchOptions options_;
  std::shared_ptr<const MatchFrame> previous_;
};

struct LoadedWork {
  std::unique_ptr<Work> work;
  std::string model;
  std::string device;
  Engine* engine = nullptr;
};

const std::string& model_of(const std::string& stage, const BenchSettings& settings) {
  if (stage == "scenes") return settings.scenes_model;
  return stage == "flow" ? settings.flow_model : settings.match_model;
}

Result<std::unique_ptr<Work>> load_work(Engine& engine, const std::string& stage,
                                        const ModelOptions& options,
                                        const BenchSettings& settings) {
  if (stage == "scenes") {
    auto model = engine.load_feature_model(options);
    if (!model) return engine_error(model.error());
    return std::unique_ptr<Work>(new SceneWork(std::move(*model)));
  }
  if (stage == "flow") {
    auto model = engine.load_flow_model(options);
    if (!model) return engine_error(model.error());
    return std::unique_ptr<Work>(new FlowWork(std::move(*model), settings));
  }
  auto model = engine.load_match_model(options);
  if (!model) return engine_error(model.error());
  return std::unique_ptr<Work>(new MatchWork(std::move(*model), settings));
}

Result<LoadedWork> load(const std::string& stage, const BenchSettings& settings) {
  const std::string& name = model_of(stage, settings);
  const auto weights = model_weights(name);
  if (!weights) return weights.error();
  const auto engine = load_engine();
  if (!engine) return engine.error();
  const auto options = model_options(**engine, *weights, settings.compute);
  if (!options) return options.error();
  (*engine)->enter_worker(options->device, settings.threads);
  (*engine)->reset_memory_peak(options->device);
  auto work = load_work(**engine, stage, *options, settings);
  if (!work) return work.error();
  const std::string stem = std::filesystem::path(name).stem().string();
  return LoadedWork{std::move(*work), stem, options->device, *engine};
}

class ModelContender final : public Contender {
 public:
  ModelContender(LoadedWork loaded, double load_ms, int batch, const BenchFrames& frames)
      : loaded_(std::move(loaded)), load_ms_(load_ms), batch_(batch), frames_(frames) {}

  std::string model() const override { return loaded_.model; }
  std::string device() const override { return loaded_.device; }
  double load_ms() const override { return load_ms_; }
  std::size_t peak_bytes() const override { return loaded_.engine->memory(loaded_.device).peak; }

  Result<std::vector<double>> run(std::size_t frames) override {
    std::vector<double> ms;
    while (ms.size() < frames) {
      const auto start = Clock::now();
      Images images;
      for (int i = 0; i < batch_; i++) images.emplace_back(frames_.view(next_++));
      if (auto done = loaded_.work->process(images); !done) return done.error();
      ms.insert(ms.end(), batch_, ms_since(start) / batch_);
    }
    return ms;
  }

 private:
  LoadedWork loaded_;
  double load_ms_;
  int batch_;
  const BenchFrames& frames_;
  std::size_t next_ = 0;
};

}  // namespace

Result<std::unique_ptr<Contender>> make_model_contender(const std::string& stage,
                                                        const BenchSettings& settings,
                                                        const BenchFrames& frames) {
  const auto start = Clock::now();
  auto loaded = load(stage, settings);
  if (!loaded) return loaded.error();
  return std::unique_ptr<Contender>(
      new ModelContender(std::move(*loaded), ms_since(start), settings.batch, frames));
}

}  // namespace gsttorch
