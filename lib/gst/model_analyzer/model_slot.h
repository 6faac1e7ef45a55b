// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <chrono>
#include <cmath>
#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "lib/base/result.h"
#include "lib/gst/analyzer/analysis.h"

namespace gsttorch {

/// One element's model: loads it in a thread of its own, so that several elements load side by
/// side, and posts the progress (GST_MESSAGE_PROGRESS, always closed). `start` and `stop` are
/// called from state changes, `wait` from the analysis task, const functions from any thread.
template <typename Model>
class ModelSlot {
 public:
  using Acquire = std::function<Result<std::shared_ptr<Model>>(std::stop_token)>;

  explicit ModelSlot(AnalyzerHost& host) : host_(host) {}
  ~ModelSlot() { stop(); }

  /// If no thread can be started, the load has failed.
  void start(const std::string& name, Acquire acquire) {
    post(GST_PROGRESS_TYPE_START, "Loading " + name);
    try {
      thread_ = std::jthread([this, name, acquire = std::move(acquire)](
                                 const std::stop_token& stop) { load(name, acquire, stop); });
    } catch (const std::system_error& e) {
      finish(name, Error{ErrorCode::Failed, std::string("cannot load the model: ") + e.what()}, {});
    }
  }

  /// Waits for the model. The error of a failed load was reported already.
  Result<std::shared_ptr<Model>> wait(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, std::move(stop), [this] { return loaded_.has_value(); })) {
      return Error{ErrorCode::Cancelled, "cancelled"};
    }
    return *loaded_;
  }

  /// Cancels the load, or releases the model.
  void stop() {
    thread_ = {};
    const std::lock_guard lock(mutex_);
    loaded_.reset();
  }

  /// The model, or null while it is not loaded.
  std::shared_ptr<Model> get() const {
    const std::lock_guard lock(mutex_);
    return loaded_ && *loaded_ ? loaded_->value() : nullptr;
  }

  /// For the log: which model it is, and where it runs. Only after `wait` returned it.
  std::string description() const {
    const auto& info = get()->info();
    const std::string ms = std::to_string(std::lround(load_ms()));
    return info.architecture + " (" + info.path + ") on " + info.device + " in " +
           std::string(name_of(info.precision)) + ", loaded after " + ms + " ms";
  }

  /// Adds `model`, `device`, `precision` and `load-ms` to the element's `stats` once the model is
  /// loaded.
  void add_stats(GstStructure* stats) const {
    const auto model = get();
    if (!model) return;
    const auto& info = model->info();
    gst_structure_set(stats, "model", G_TYPE_STRING, info.architecture.c_str(), "device",
                      G_TYPE_STRING, info.device.c_str(), "precision", G_TYPE_STRING,
                      name_of(info.precision).data(), "load-ms", G_TYPE_DOUBLE, load_ms(), nullptr);
  }

  /// How long the load took, or had taken when it was cancelled.
  double load_ms() const {
    const std::lock_guard lock(mutex_);
    return load_ms_;
  }

 private:
  void load(const std::string& name, const Acquire& acquire, const std::stop_token& stop) {
    const auto begin = std::chrono::steady_clock::now();
    auto result = caught(acquire, stop);
    finish(name, std::move(result), std::chrono::steady_clock::now() - begin);
  }

  // No exception may leave a thread.
  static Result<std::shared_ptr<Model>> caught(const Acquire& acquire,
                                               const std::stop_token& stop) {
    try {
      return acquire(stop);
    } catch (const std::exception& e) {
      return Error{ErrorCode::Failed, std::string("cannot load the model: ") + e.what()};
    } catch (...) {
      return Error{ErrorCode::Failed, "cannot load the model: internal failure"};
    }
  }

  void finish(const std::string& name, Result<std::shared_ptr<Model>> result,
              std::chrono::duration<double, std::milli> time) {
    if (result) {
      post(GST_PROGRESS_TYPE_COMPLETE, "Loaded " + name);
    } else if (result.error().code == ErrorCode::Cancelled) {
      post(GST_PROGRESS_TYPE_CANCELED, "Cancelled loading " + name);
    } else {
      post(GST_PROGRESS_TYPE_ERROR, "Cannot load " + name);
      host_.report(result.error());
    }
    const std::lock_guard lock(mutex_);
    load_ms_ = time.count();
    loaded_ = std::move(result);
    changed_.notify_all();
  }

  void post(GstProgressType type, const std::string& text) {
    GstObject* element = GST_OBJECT_CAST(host_.element());
    gst_element_post_message(host_.element(),
                             gst_message_new_progress(element, type, "load-model", text.c_str()));
  }

  AnalyzerHost& host_;  // owns the analysis that owns this
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<Result<std::shared_ptr<Model>>> loaded_;  // guarded by mutex_
  double load_ms_ = 0;                                    // guarded by mutex_
  std::jthread thread_;
};

}  // namespace gsttorch
