// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "lib/gst/analyzer/analyzer.h"
#include "lib/gst/model_analyzer/model_host.h"
#include "lib/gst/util/ref.h"

namespace gsttorch {

class FrameTable;
class Runtime;

/// An analyser whose work is done by a model: adds to the base class the runtime that all such
/// elements share (models, workers of the device, memory limit, what was made from frames), and the
/// CUDA context that LibTorch uses.
class ModelAnalyzer final : public Analyzer, public ModelHost {
 public:
  ModelAnalyzer(GstElement* element, AnalyzerPads pads);

  // ModelHost
  ModelSettings model_settings() const override;
  Models& models() override;
  void set_device(const std::string& device) override;
  std::size_t memory_limit() const override;
  std::size_t available_memory(std::size_t held) const override;

  template <typename Fn>
  void change_model_settings(Fn&& change) {
    const std::lock_guard lock(mutex_);
    change(shared_.settings);
  }

  // Analyzer
  Result<void> start() override;
  void stop() override;
  bool answer_context_query(GstQuery* query) override;
  void add_stats(GstStructure* stats) const override;

 protected:
  Result<void> restart() override;
  void set_active(bool active) override;
  bool run_work(std::function<void()> work, const JobOptions& options) override;
  std::shared_ptr<FramePixels> pixels_of(GstBuffer* buffer, const GstVideoInfo& info) override;
  GstAllocator* input_allocator() override;

 private:
  // Guarded by mutex_.
  struct Shared {
    ModelSettings settings;
    std::string device;                 // empty until the model is loaded
    std::set<std::thread::id> workers;  // those that have worked for this element since its start
    Ref<GstContext> cuda_context;
    std::shared_ptr<FrameTable> frames;  // of the elements that share the element's context
  };

  void enter_worker();
  void share_cuda(const std::string& device);
  Ref<GstContext> cuda_context() const;
  std::shared_ptr<FrameTable> frames() const;

  Runtime& runtime_;  // of the process
  mutable std::mutex mutex_;
  Shared shared_;
  Ref<GstAllocator> input_allocator_;  // of the source pad's task
};

}  // namespace gsttorch
