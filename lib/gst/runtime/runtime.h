// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "lib/base/executor.h"
#include "lib/engine/engine.h"
#include "lib/gst/runtime/derived_cache.h"
#include "lib/gst/runtime/model_registries.h"
#include "lib/gst/runtime/models.h"

namespace gsttorch {

struct RuntimeStats {
  int analyzers = 0;
  RegistryCounts models;
  DerivedCache::Counts cache;
  std::optional<MemoryReport> memory;  ///< of CPU tensors; absent before the engine is loaded
};

/// What all elements of a process share: models, what was made from the frames under way, the
/// threads that compute, and one account of memory. There is one, which lives as long as the
/// process. Thread-safe.
class Runtime final : public Models {
 public:
  static Runtime& instance();

  Result<std::shared_ptr<FlowModel>> flow_model(const ModelOptions& options,
                                                std::stop_token stop) override;
  Result<std::shared_ptr<FeatureModel>> feature_model(const ModelOptions& options,
                                                      std::stop_token stop) override;
  Result<std::shared_ptr<ShotModel>> shot_model(const ModelOptions& options,
                                                std::stop_token stop) override;
  Result<std::shared_ptr<MatchModel>> match_model(const ModelOptions& options,
                                                  std::stop_token stop) override;

  /// Runs work on a worker of a device, "cpu" or "cuda:0", and waits for it; throws what it throws.
  /// False where it never ran: it was taken back before a worker began it, see Executor::run, or
  /// the process is ending.
  bool run(const std::string& device, std::function<void()> work, JobOptions options = {});

  /// An element at work, for the statistics.
  void add_analyzer();
  void remove_analyzer();

  /// Where everything that was made from frames is kept.
  const std::shared_ptr<DerivedCache>& cache() const { return cache_; }

  /// Bytes that tensors may take on each device. 0: no limit.
  void set_memory_limit(std::size_t bytes);
  std::size_t memory_limit() const;
  /// What the limit leaves now beside what others hold than whoever asks, who holds `held` bytes;
  /// the largest number there is without a limit.
  std::size_t available_memory(std::size_t held = 0) const;
  /// How long a model is kept after its last user.
  void set_grace_time(std::chrono::nanoseconds time);
  std::chrono::nanoseconds grace_time() const;

  /// Gives back now what nobody uses: models within their grace time, and all that can be made
  /// again.
  void trim();

  RuntimeStats stats() const;

 private:
  Runtime();

  template <typename Model>
  using Loader = Result<std::unique_ptr<Model>> (Engine::*)(const ModelOptions&, std::stop_token);

  Result<Engine*> engine();
  template <typename Model>
  Result<std::shared_ptr<Model>> model(const ModelOptions& options, Loader<Model> loader,
                                       std::stop_token stop);
  using Device = std::shared_ptr<const std::string>;
  Result<Device> choose_device(Engine& engine, const std::string& device);
  Executor& executor(const std::string& device);
  void expect_unused_models();
  void drop_models_when_due();
  std::optional<std::chrono::steady_clock::time_point> drop_unused(std::chrono::nanoseconds grace);

  const std::shared_ptr<DerivedCache> cache_;
  ModelRegistries<FlowModel, FeatureModel, ShotModel, MatchModel> models_;

  std::mutex auto_mutex_;
  std::weak_ptr<const std::string> auto_device_;  // guarded by auto_mutex_; held by its users

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  Engine* engine_ = nullptr;
  int analyzers_ = 0;
  std::size_t memory_limit_ = 0;
  std::chrono::nanoseconds grace_time_ = std::chrono::seconds(5);
  std::map<std::string, std::unique_ptr<Executor>> executors_;
  std::condition_variable unused_;
  bool look_again_ = false;
  std::thread reaper_;
};

}  // namespace gsttorch
