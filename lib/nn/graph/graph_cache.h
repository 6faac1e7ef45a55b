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

/// Work on a GPU that is recorded once and then replayed with one launch (a CUDA graph). A model is
/// hundreds of small operations, and to launch one costs the CPU some ten microseconds, often
/// more than the GPU takes for it.
///
/// Work may be recorded if it does the same operations, on tensors of the same sizes, whenever its
/// inputs have the same sizes; never waits for the GPU; and reads nothing that changes but its
/// inputs. On the CPU, without libgsttorch-graph.so, where GST_TORCH_CUDA_GRAPHS=0 and where
/// recording fails, the work is simply done. Thread-safe: who comes while another thread replays
/// does the work itself.
class GraphCache {
 public:
  using Tensors = std::vector<at::Tensor>;
  using Work = std::function<Tensors(const Tensors&)>;

  /// Recordings that are kept, in the memory of the largest, with their inputs and results; the one
  /// that was used longest ago makes room.
  static constexpr std::size_t kMost = 12;

  explicit GraphCache(c10::Device device);
  ~GraphCache();
  GraphCache(GraphCache&& other) noexcept;

  /// work(inputs), on the calling thread's stream. The results are the caller's. `name` tells the
  /// work from others, with all that it depends on beside its inputs. The first call with a name
  /// and sizes does the work, the second does and records it. Work that a user can cancel looks
  /// only before it begins whether he did.
  Tensors run(const std::string& name, const Tensors& inputs, const Work& work);

 private:
  struct Recording;
  struct State;
  std::unique_ptr<State> state_;  // null: nothing is recorded
};

}  // namespace gsttorch
