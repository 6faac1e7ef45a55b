// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/model_analyzer/model_analyzer.h"

#include <cstdlib>
#include <utility>

#include "lib/gst/cuda_context.h"
#include "lib/gst/debug.h"
#include "lib/gst/gsttorchruntime-private.h"
#include "lib/gst/model_analyzer/gsttorchmodelanalyzer.h"
#include "lib/gst/model_analyzer/input_allocator.h"
#include "lib/gst/runtime/frame_table.h"
#include "lib/gst/runtime/runtime.h"
#include "lib/gst/runtime/runtime_stats.h"
#include "lib/gst/runtime/shared_frame.h"

namespace gsttorch {
namespace {

// A frame that elements with models share.
class SharedPixels final : public FramePixels {
 public:
  explicit SharedPixels(std::shared_ptr<SharedFrame> frame) : frame_(std::move(frame)) {}

  std::shared_ptr<FrameImage> open() override { return std::make_shared<FrameAccess>(frame_); }
  bool is_shared() const override { return frame_->keeps(); }
  void attach_to(GstBuffer* buffer) override { FrameTable::attach(buffer, frame_); }

 private:
  const std::shared_ptr<SharedFrame> frame_;
};

}  // namespace

ModelAnalyzer::ModelAnalyzer(GstElement* element, AnalyzerPads pads)
    : Analyzer(element, pads), runtime_(Runtime::instance()) {}

// --- what the analysis asks for

ModelSettings ModelAnalyzer::model_settings() const {
  const std::lock_guard lock(mutex_);
  return shared_.settings;
}

Models& ModelAnalyzer::models() { return runtime_; }

void ModelAnalyzer::set_device(const std::string& device) {
  {
    const std::lock_guard lock(mutex_);
    shared_.device = device;
  }
  share_cuda(device);
}

std::size_t ModelAnalyzer::memory_limit() const {
  const guint64 own = model_settings().memory_limit;
  return own > 0 ? own : runtime_.memory_limit();
}

std::size_t ModelAnalyzer::available_memory(std::size_t held) const {
  const guint64 own = model_settings().memory_limit;
  return own > 0 ? own : runtime_.available_memory(held);
}

void ModelAnalyzer::add_stats(GstStructure* stats) const {
  Analyzer::add_stats(stats);
  gst_structure_set(stats, "quality", G_TYPE_STRING, name_of(model_settings().quality).data(),
                    nullptr);
  GstStructure* runtime = runtime_stats();
  gst_structure_set(stats, "runtime", GST_TYPE_STRUCTURE, runtime, nullptr);
  gst_structure_free(runtime);
}

// --- states

Result<void> ModelAnalyzer::start() {
  if (auto started = Analyzer::start(); !started) return started;
  runtime_.add_analyzer();
  {
    const std::lock_guard lock(mutex_);
    shared_.workers.clear();
    shared_.frames = frame_table_of(element());
  }
  share_cuda(model_settings().device);
  return {};
}

Result<void> ModelAnalyzer::restart() {
  {
    const std::lock_guard lock(mutex_);
    shared_.device.clear();
    shared_.cuda_context = {};
  }
  if (auto started = Analyzer::restart(); !started) return started;
  share_cuda(model_settings().device);
  return {};
}

void ModelAnalyzer::stop() {
  runtime_.remove_analyzer();
  input_allocator_ = {};
  {
    const std::lock_guard lock(mutex_);
    shared_.device.clear();
    shared_.cuda_context = {};
    shared_.frames = {};
  }
  Analyzer::stop();
}

std::shared_ptr<FrameTable> ModelAnalyzer::frames() const {
  const std::lock_guard lock(mutex_);
  return shared_.frames;
}

void ModelAnalyzer::set_active(bool active) {
  const auto table = frames();
  if (!table) return;
  active ? table->add_analyzer() : table->remove_analyzer();
}

// --- work and frames

bool ModelAnalyzer::run_work(std::function<void()> work, const JobOptions& options) {
  std::string device;
  {
    const std::lock_guard lock(mutex_);
    device = shared_.device;
  }
  const auto on_worker = [this, work = std::move(work)] {
    enter_worker();
    GST_LOG_OBJECT(element(), "inference begins");
    work();
    GST_LOG_OBJECT(element(), "inference ends");
  };
  return runtime_.run(device, on_worker, options);
}

// Workers belong to the process, not to an element: an application that sets the priorities of an
// element's threads gets a message when a worker works for the element for the first time.
void ModelAnalyzer::enter_worker() {
  {
    const std::lock_guard lock(mutex_);
    if (!shared_.workers.insert(std::this_thread::get_id()).second) return;
  }
  GstObject* const pad = GST_OBJECT_CAST(pads().src);
  gst_element_post_message(
      element(), gst_message_new_stream_status(pad, GST_STREAM_STATUS_TYPE_ENTER, element()));
}

std::shared_ptr<FramePixels> ModelAnalyzer::pixels_of(GstBuffer* buffer, const GstVideoInfo& info) {
  return std::make_shared<SharedPixels>(frames()->frame_of(runtime_.cache(), buffer, info));
}

GstAllocator* ModelAnalyzer::input_allocator() {
  if (!input_allocator_) {
    std::string device;
    {
      const std::lock_guard lock(mutex_);
      device = shared_.device;
    }
    input_allocator_ = make_input_allocator(device);
  }
  return input_allocator_.get();
}

// --- contexts

bool ModelAnalyzer::answer_context_query(GstQuery* query) {
  // The runtime may be given to the element (set_context) at any time: read it as one pointer.
  auto* self = GST_TORCH_MODEL_ANALYZER(element());
  const bool has_runtime = g_atomic_pointer_get(&self->runtime) != nullptr;
  if (has_runtime && gst_torch_handle_context_query(element(), query)) return true;
  const auto cuda = cuda_context();
  return cuda && answer_cuda_query(query, cuda.get());
}

Ref<GstContext> ModelAnalyzer::cuda_context() const {
  const std::lock_guard lock(mutex_);
  return shared_.cuda_context;
}

// Elements that work with CUDA are to use the context that LibTorch uses. Without one, loading the
// model fails or chooses the CPU, and that is reported elsewhere.
void ModelAnalyzer::share_cuda(const std::string& device) {
  if (!device.starts_with("cuda") || cuda_context()) return;
  const std::size_t colon = device.find(':');
  const int index = colon == std::string::npos ? 0 : std::atoi(device.c_str() + colon + 1);
  auto context = gsttorch::cuda_context(index);
  if (!context) {
    GST_INFO_OBJECT(element(), "no CUDA context to share: %s", context.error().message.c_str());
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    shared_.cuda_context = *context;
  }
  share_cuda_context(element(), context->get());
}

}  // namespace gsttorch
