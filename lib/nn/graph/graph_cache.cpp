// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/graph/graph_cache.h"

#include <cstdlib>
#include <sstream>
#include <string_view>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "lib/nn/base/device.h"
#include "lib/nn/base/failure.h"
#include "lib/nn/graph/cuda_graph.h"

namespace gsttorch {
namespace {

bool are_wanted() {
  const char* said = std::getenv("GST_TORCH_CUDA_GRAPHS");
  return !said || std::string_view(said) != "0";
}

bool are_possible(c10::Device device) {
  return device.is_cuda() && are_wanted() && cuda_graph_entry();
}

// The key includes strides: work on a channels-last tensor executes other operations.
std::string key_of(const std::string& name, const GraphCache::Tensors& inputs) {
  std::ostringstream key;
  key << name;
  for (const at::Tensor& input : inputs) {
    key << ' ' << input.scalar_type() << input.sizes() << input.strides();
  }
  return key.str();
}

// Switches the thread to another stream while it exists.
class StreamScope {
 public:
  explicit StreamScope(c10::Stream stream)
      : guard_(stream.device_type()), before_(guard_.exchangeStream(stream)) {}
  ~StreamScope() { guard_.exchangeStream(before_); }
  StreamScope(const StreamScope&) = delete;
  StreamScope& operator=(const StreamScope&) = delete;

 private:
  const c10::impl::VirtualGuardImpl guard_;
  const c10::Stream before_;
};

// Records an event on a stream when it is destroyed, even if not all work was submitted.
class RecordEventOnExit {
 public:
  RecordEventOnExit(c10::Event& event, c10::Stream stream) : event_(event), stream_(stream) {}
  ~RecordEventOnExit() {
    try {
      event_.record(stream_);
    } catch (...) {  // the GPU failed; the work reports the error
    }
  }
  RecordEventOnExit(const RecordEventOnExit&) = delete;
  RecordEventOnExit& operator=(const RecordEventOnExit&) = delete;

 private:
  c10::Event& event_;
  const c10::Stream stream_;
};

// An aborted recording cannot be ended without an error.
void end_quietly(CudaGraph& graph) {
  try {
    graph.end();
  } catch (...) {
  }
}

}  // namespace

// The graph reads `inputs`; it writes `outputs`, which are in its own memory.
struct GraphCache::Recording {
  std::string key;
  bool is_refused = false;
  Tensors inputs, outputs;
  std::unique_ptr<CudaGraph> graph;  // null: seen only once, or refused
};

struct GraphCache::State {
  explicit State(c10::Device device)
      : guard(device.type()),
        device(device),
        stream(guard.getStreamFromGlobalPool(device)),
        done(device.type()) {}
  ~State() {
    try {
      if (done.was_marked_for_recording()) done.synchronize();
    } catch (...) {  // the GPU failed; the thread that used it received the error
    }
  }

  Recording& find(const std::string& key, bool& is_new);
  CudaGraph* any_graph();
  std::unique_ptr<CudaGraph> recorded(Recording& recording, const Work& work);
  void record(Recording& recording, const Tensors& inputs, const Work& work);
  Tensors replay(Recording& recording, const Tensors& inputs);

  const c10::impl::VirtualGuardImpl guard;
  const c10::Device device;
  const c10::Stream stream;         // for recording
  std::mutex mutex;                 // guards all members below
  c10::Event done;                  // the last replay, and the copies of its results
  std::list<Recording> recordings;  // most recently used first
};

GraphCache::Recording& GraphCache::State::find(const std::string& key, bool& is_new) {
  for (auto it = recordings.begin(); it != recordings.end(); ++it) {
    if (it->key != key) continue;
    recordings.splice(recordings.begin(), recordings, it);
    is_new = false;
    return recordings.front();
  }
  is_new = true;
  if (recordings.size() == kMost) {
    if (done.was_marked_for_recording()) done.synchronize();
    recordings.pop_back();
  }
  recordings.emplace_front();
  recordings.front().key = key;
  return recordings.front();
}

// All graphs of the cache share one memory: the results of one are copied before the next one runs.
CudaGraph* GraphCache::State::any_graph() {
  for (const Recording& recording : recordings) {
    if (recording.graph) return recording.graph.get();
  }
  return nullptr;
}

// Runs on the thread's current stream.
std::unique_ptr<CudaGraph> GraphCache::State::recorded(Recording& recording, const Work& work) {
  std::unique_ptr<CudaGraph> graph = cuda_graph_entry()();
  graph->begin(any_graph());
  try {
    recording.outputs = work(recording.inputs);
  } catch (...) {
    end_quietly(*graph);
    throw;
  }
  graph->end();
  return graph;
}

// The caller already has its results: an error here only means that the work is not recorded.
void GraphCache::State::record(Recording& recording, const Tensors& inputs, const Work& work) {
  try {
    for (const at::Tensor& input : inputs) recording.inputs.push_back(input.clone());
    wait_for_work(device);
    const StreamScope scope(stream);
    recording.graph = recorded(recording, work);
    return;
  } catch (const Failure& failure) {
    recording.is_refused = failure.code() != ErrorCode::Cancelled;
  } catch (...) {
    recording.is_refused = true;
  }
  recording.inputs.clear();
  recording.outputs.clear();
}

GraphCache::Tensors GraphCache::State::replay(Recording& recording, const Tensors& inputs) {
  const c10::Stream current = guard.getStream(device);
  if (done.was_marked_for_recording()) done.block(current);
  const RecordEventOnExit mark(done, current);
  for (std::size_t i = 0; i < inputs.size(); i++) recording.inputs[i].copy_(inputs[i]);
  recording.graph->replay();
  Tensors outputs;
  for (const at::Tensor& output : recording.outputs) outputs.push_back(output.clone());
  return outputs;
}

GraphCache::GraphCache(c10::Device device) {
  if (are_possible(device)) state_ = std::make_unique<State>(device);
}

GraphCache::Tensors GraphCache::run(const std::string& name, const Tensors& inputs,
                                    const Work& work) {
  if (!state_) return work(inputs);
  const std::unique_lock lock(state_->mutex, std::try_to_lock);
  if (!lock) return work(inputs);
  const c10::DeviceGuard on_device(state_->device);
  bool is_new = false;
  Recording& recording = state_->find(key_of(name, inputs), is_new);
  if (recording.graph) return state_->replay(recording, inputs);
  // The work runs unrecorded first: it creates this thread's handles of CUDA's libraries, which
  // must not happen during a recording.
  Tensors outputs = work(inputs);
  if (!is_new && !recording.is_refused) state_->record(recording, inputs, work);
  return outputs;
}

GraphCache::~GraphCache() = default;
GraphCache::GraphCache(GraphCache&& other) noexcept = default;

}  // namespace gsttorch
