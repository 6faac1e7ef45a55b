// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

namespace gsttorch {

/// GPU work that is recorded once and then replayed with one launch (a CUDA graph). A model
/// consists of hundreds of small operations, and one launch costs the CPU some ten microseconds,
/// often more than the GPU needs for the operation.
///
/// Work may be recorded if it executes the same operations, on tensors of the same sizes, whenever
/// its inputs have the same sizes; never waits for the GPU; and reads no changing data except its
/// inputs. On the CPU, without libgsttorch-graph.so, with GST_TORCH_CUDA_GRAPHS=0 and when
/// recording fails, run() executes the work directly. Thread-safe: a thread that calls run() while
/// another one replays also executes the work directly.
class GraphCache {
 public:
  using Tensors = std::vector<at::Tensor>;
  using Work = std::function<Tensors(const Tensors&)>;

  /// The most recordings kept, with their inputs and results. They share the memory of the largest
  /// one; the least recently used one is evicted.
  static constexpr std::size_t kMost = 12;

  explicit GraphCache(c10::Device device);
  ~GraphCache();
  GraphCache(GraphCache&& other) noexcept;

  /// Returns work(inputs), computed on the calling thread's stream. The caller owns the results.
  /// `name` must identify the work and everything that it depends on except its inputs. The first
  /// call with a name and sizes executes the work, the second one executes and records it. Recorded
  /// work that can be cancelled checks for cancellation only before it starts.
  Tensors run(const std::string& name, const Tensors& inputs, const Work& work);

 private:
  struct Recording;
  struct State;
  std::unique_ptr<State> state_;  // null: recording is disabled
};

}  // namespace gsttorch
