// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/runtime/runtime.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <system_error>
#include <utility>

#include "lib/engine/loader.h"
#include "lib/gst/debug.h"
#include "lib/gst/runtime/engine_gate.h"
#include "lib/gst/runtime/results_account.h"
#include "lib/models/manifest.h"

namespace gsttorch {
namespace {

constexpr std::size_t kCacheBytes = std::size_t{256} << 20;
constexpr int kCoresPerWorker = 8;  // with fewer, one model at a time on all cores is fastest
constexpr int kMostWorkers = 4;

int cores() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

// Number of CPU workers: what the application set, else environment variable
// GST_TORCH_CPU_WORKERS, else by the number of cores.
int number_of_cpu_workers(int set) {
  const char* wanted = std::getenv("GST_TORCH_CPU_WORKERS");
  if (set == 0 && !wanted) return std::clamp(cores() / kCoresPerWorker, 1, kMostWorkers);
  return std::clamp(set > 0 ? set : std::atoi(wanted), 1, cores());
}

// Threads per CPU worker: environment variable OMP_NUM_THREADS, or else the worker's share of the
// cores.
int threads_of_worker(int workers) {
  const char* wanted = std::getenv("OMP_NUM_THREADS");
  const int threads = wanted ? std::atoi(wanted) : 0;
  return threads > 0 ? threads : std::max(1, cores() / workers);
}

// A data type that the engine refuses stays as it is, so that loading the model reports the error.
Precision resolved_precision(Engine& engine, const std::string& device, Precision precision) {
  if (precision == Precision::Auto) return Precision::Fp32;
  const auto resolved = engine.resolve_precision(device, precision);
  return resolved ? *resolved : precision;
}

Result<ModelKey> key_of(const std::string& path, const std::string& device, Precision precision) {
  std::error_code failed;
  const std::filesystem::path file = std::filesystem::canonical(path, failed);
  ModelKey key{file.string(), 0, 0, device, precision};
  if (!failed) key.size = std::filesystem::file_size(file, failed);
  if (!failed) {
    key.mtime = std::filesystem::last_write_time(file, failed).time_since_epoch().count();
  }
  if (failed) return Error{ErrorCode::NotFound, path + ": " + failed.message()};
  return key;
}

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

void log_model(const ModelKey& key, bool is_loaded_here, Clock::time_point begin) {
  GST_DEBUG("%s %s on %s in %s, after %.1f ms", is_loaded_here ? "loaded" : "shared",
            key.path.c_str(), key.device.c_str(), name_of(key.precision).data(), ms_since(begin));
}

// Most waits are short and only logged at LOG level.
void log_wait(const std::string& device, JobPriority priority, double ms) {
  GST_CAT_LEVEL_LOG(GST_CAT_DEFAULT, ms > 1 ? GST_LEVEL_DEBUG : GST_LEVEL_LOG, nullptr,
                    "a %s job waited %.3f ms for a worker of %s",
                    priority == JobPriority::Live ? "live" : "batch", ms, device.c_str());
}

// The frame cache may use a quarter of a limit.
std::size_t cache_budget(std::size_t memory_limit) {
  return memory_limit == 0 ? kCacheBytes : std::min(kCacheBytes, memory_limit / 4);
}

}  // namespace

// Never destroyed: elements may be released until the process ends.
Runtime& Runtime::instance() {
  static Runtime* const runtime = new Runtime;
  return *runtime;
}

Runtime::Runtime() : cache_(std::make_shared<DerivedCache>(kCacheBytes)) {
  models_.on_unused([this] { expect_unused_models(); });
}

Result<Engine*> Runtime::engine() {
  const auto loaded = load_engine();
  if (!loaded) return loaded;
  const std::lock_guard lock(mutex_);
  if (!engine_) {
    (*loaded)->set_memory_limit("cpu", memory_limit_);
    close_engine_gate_at_exit();
    if (const std::string warning = openmp_warning(); !warning.empty()) {
      GST_WARNING("%s", warning.c_str());
    }
  }
  engine_ = *loaded;
  return engine_;
}

// Elements that share models and frames should use one device: the first request decides "auto" for
// all others, as long as a model on that device is in use. A later request chooses again, by the
// devices' free memory at that time, even if models of earlier ones are still cached.
Result<Runtime::Device> Runtime::choose_device(Engine& engine, const std::string& device) {
  const auto resolve = [&]() -> Result<Device> {
    auto resolved = engine.resolve_device(device);
    if (!resolved) return resolved.error();
    return std::make_shared<const std::string>(std::move(resolved).value());
  };
  if (device != "auto") return resolve();
  const std::lock_guard lock(auto_mutex_);
  if (Device in_use = auto_device_.lock()) return in_use;
  auto chosen = resolve();
  if (chosen) auto_device_ = *chosen;
  return chosen;
}

template <typename Model>
Result<std::shared_ptr<Model>> Runtime::model(const ModelOptions& options, Loader<Model> loader,
                                              std::stop_token stop) {
  const EngineUse use;
  if (!use) return Error{ErrorCode::Cancelled, "cancelled"};
  const auto engine = this->engine();
  if (!engine) return engine.error();
  const auto device = choose_device(**engine, options.device);
  if (!device) return device.error();
  const Precision precision = resolved_precision(**engine, **device, options.precision);
  const auto key = key_of(options.path, **device, precision);
  if (!key) return key.error();
  const auto begin = Clock::now();
  bool is_loaded_here = false;
  const auto load = [&](std::stop_token load_stop) {
    is_loaded_here = true;
    auto loaded = ((*engine)->*loader)(
        {key->path, key->device, key->precision, weights_properties(key->path)},
        std::move(load_stop));
    close_engine_gate_at_exit();  // before exit() destroys what loading brought in: CUDA
    return loaded;
  };
  auto model = models_.of<Model>().acquire(*key, load, std::move(stop));
  if (!model) return model;
  log_model(*key, is_loaded_here, begin);
  Model* const shared = model->get();
  // The device choice stays valid while the user keeps the model.
  return std::shared_ptr<Model>(shared, [model = *model, device = *device](Model*) {});
}

Result<std::shared_ptr<FlowModel>> Runtime::flow_model(const ModelOptions& options,
                                                       std::stop_token stop) {
  return model<FlowModel>(options, &Engine::load_flow_model, std::move(stop));
}

Result<std::shared_ptr<FeatureModel>> Runtime::feature_model(const ModelOptions& options,
                                                             std::stop_token stop) {
  return model<FeatureModel>(options, &Engine::load_feature_model, std::move(stop));
}

Result<std::shared_ptr<ShotModel>> Runtime::shot_model(const ModelOptions& options,
                                                       std::stop_token stop) {
  return model<ShotModel>(options, &Engine::load_shot_model, std::move(stop));
}

Result<std::shared_ptr<MatchModel>> Runtime::match_model(const ModelOptions& options,
                                                         std::stop_token stop) {
  return model<MatchModel>(options, &Engine::load_match_model, std::move(stop));
}

std::shared_ptr<Executor> Runtime::executor(const std::string& device) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<Executor>& executor = executors_[device];
  if (!executor) {
    const int workers = device == "cpu" ? number_of_cpu_workers(cpu_workers_) : kMostWorkers;
    const int threads = device == "cpu" ? threads_of_worker(workers) : 1;
    executor = std::make_shared<Executor>(workers, [engine = engine_, device, threads] {
      if (engine) engine->enter_worker(device, threads);
    });
  }
  return executor;
}

// Jobs that wait or run end on the workers they were given to. The last of them ends the threads.
void Runtime::set_cpu_workers(int workers) {
  std::shared_ptr<Executor> replaced;  // destroyed without the lock
  const std::lock_guard lock(mutex_);
  if (workers == cpu_workers_) return;
  cpu_workers_ = workers;
  replaced.swap(executors_["cpu"]);
}

int Runtime::cpu_workers() const {
  const std::lock_guard lock(mutex_);
  return cpu_workers_;
}

bool Runtime::run(const std::string& device, std::function<void()> work, JobOptions options) {
  bool ran = false;
  const auto begin = Clock::now();
  const auto work_unless_closed = [&, priority = options.priority] {
    log_wait(device, priority, ms_since(begin));
    const EngineUse use;
    if (!use) return;
    work();
    ran = true;
  };
  executor(device)->run(work_unless_closed, std::move(options));
  return ran;
}

void Runtime::add_analyzer() {
  const std::lock_guard lock(mutex_);
  analyzers_++;
}

void Runtime::remove_analyzer() {
  const std::lock_guard lock(mutex_);
  analyzers_--;
}

void Runtime::set_memory_limit(std::size_t bytes) {
  cache_->set_budget(cache_budget(bytes));
  ResultsAccount::instance().set_memory_limit(bytes);
  const std::lock_guard lock(mutex_);
  memory_limit_ = bytes;
  if (engine_) engine_->set_memory_limit("cpu", bytes);
}

std::size_t Runtime::memory_limit() const {
  const std::lock_guard lock(mutex_);
  return memory_limit_;
}

std::size_t Runtime::available_memory(std::size_t held) const {
  const std::lock_guard lock(mutex_);
  if (memory_limit_ == 0) return std::numeric_limits<std::size_t>::max();
  const std::size_t used = engine_ ? engine_->memory("cpu").current : 0;
  const std::size_t others = used - std::min(used, held);
  return others < memory_limit_ ? memory_limit_ - others : 0;
}

void Runtime::set_grace_time(std::chrono::nanoseconds time) {
  {
    const std::lock_guard lock(mutex_);
    grace_time_ = time;
  }
  expect_unused_models();
}

std::chrono::nanoseconds Runtime::grace_time() const {
  const std::lock_guard lock(mutex_);
  return grace_time_;
}

void Runtime::trim() {
  cache_->clear();
  drop_unused({});
}

// Wakes or starts the thread that drops models. If it cannot be started, the next unused model
// tries again. Does not throw: any thread may be the last user of a model.
void Runtime::expect_unused_models() {
  const std::lock_guard lock(mutex_);
  has_changed_ = true;
  unused_.notify_all();
  if (reaper_.joinable()) return;
  try {
    reaper_ = std::thread([this] { drop_models_when_due(); });
  } catch (const std::system_error& e) {
    GST_WARNING("unused models stay in memory: %s", e.what());
  }
}

// Runs until the process ends.
void Runtime::drop_models_when_due() {
  std::unique_lock lock(mutex_);
  while (true) {
    has_changed_ = false;
    const auto grace = grace_time_;
    lock.unlock();
    const auto next = drop_unused(grace);
    lock.lock();
    const auto has_changed = [this] { return has_changed_; };
    if (next) {
      unused_.wait_until(lock, *next, has_changed);
    } else {
      unused_.wait(lock, has_changed);
    }
  }
}

std::optional<std::chrono::steady_clock::time_point> Runtime::drop_unused(
    std::chrono::nanoseconds grace) {
  const EngineUse use;
  if (!use) return std::nullopt;
  return models_.drop_unused(grace);
}

RuntimeStats Runtime::stats() const {
  RuntimeStats stats;
  stats.models = models_.counts();
  stats.cache = cache_->counts();
  const std::lock_guard lock(mutex_);
  stats.analyzers = analyzers_;
  stats.cpu_workers = number_of_cpu_workers(cpu_workers_);
  if (engine_) stats.memory = engine_->memory("cpu");
  return stats;
}

}  // namespace gsttorch
