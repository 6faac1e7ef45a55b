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
  int cpu_workers = 0;  ///< models that can compute at the same time on the CPU
  RegistryCounts models;
  DerivedCache::Counts cache;
  std::optional<MemoryReport> memory;  ///< of CPU tensors; absent before the engine is loaded
};

/// The state that all elements of a process share: models, data derived from the frames in flight,
/// worker threads, and memory accounting. The only instance exists until the process ends.
/// Thread-safe.
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

  /// Runs work on a worker of a device, "cpu" or "cuda:0", and waits for it; rethrows its
  /// exceptions. Returns false if the work did not run because it was cancelled before a worker
  /// started it, see Executor::run, or because the process is exiting.
  bool run(const std::string& device, std::function<void()> work, JobOptions options = {});

  /// Number of models that may compute at the same time on the CPU, which share the cores; 0: by
  /// the environment or the number of cores. It holds for jobs that come later.
  void set_cpu_workers(int workers);
  int cpu_workers() const;

  /// Counts an active element, for the statistics.
  void add_analyzer();
  void remove_analyzer();

  /// The cache for all data derived from frames.
  const std::shared_ptr<DerivedCache>& cache() const { return cache_; }

  /// Bytes that tensors may use on each device. 0: no limit.
  void set_memory_limit(std::size_t bytes);
  std::size_t memory_limit() const;
  /// Bytes that the limit leaves to a caller whose own tensors take `held` bytes, now; the maximum
  /// value if there is no limit.
  std::size_t available_memory(std::size_t held = 0) const;
  /// How long a model is kept after its last use.
  void set_grace_time(std::chrono::nanoseconds time);
  std::chrono::nanoseconds grace_time() const;

  /// Releases unused data now: models within their grace time, and everything that can be
  /// recomputed.
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
  std::shared_ptr<Executor> executor(const std::string& device);
  void expect_unused_models();
  void drop_models_when_due();
  std::optional<std::chrono::steady_clock::time_point> drop_unused(std::chrono::nanoseconds grace);

  const std::shared_ptr<DerivedCache> cache_;
  ModelRegistries<FlowModel, FeatureModel, ShotModel, MatchModel> models_;

  std::mutex auto_mutex_;
  std::weak_ptr<const std::string> auto_device_;  // guarded by auto_mutex_; owned by its users

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  Engine* engine_ = nullptr;
  int analyzers_ = 0;
  std::size_t memory_limit_ = 0;
  std::chrono::nanoseconds grace_time_ = std::chrono::seconds(5);
  int cpu_workers_ = 0;
  std::map<std::string, std::shared_ptr<Executor>> executors_;
  std::condition_variable unused_;
  bool has_changed_ = false;
  std::thread reaper_;
};

}  // namespace gsttorch
