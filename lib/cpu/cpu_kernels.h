// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <span>

namespace gsttorch {

/// What happens to a sum before it is written. The last two are for Winograd convolutions only.
enum class CpuEpilogue {
  None,
  Relu,
  LeakyRelu,
  /// Of a convolutional gated recurrent unit with state h (RAFT, section 3.3): the first half of
  /// the channels are the gate z = sigmoid(sum); of the second half, r h with r = sigmoid(sum) is
  /// written to `reset_state`.
  GruGates,
  GruState,  ///< (1 - z) h + z tanh(sum), where z is in `gate`
};

struct WinogradJob;
struct ProductJob;
struct LookupJob;

/// The loops that take most of a convolutional model's time, compiled for one type of CPU.
/// Single-threaded, without allocations; thread-safe. Sums are in float32.
struct CpuKernels {
  const char* name;        ///< "avx512", "avx2" or "baseline"
  std::int64_t panel;      ///< output channels that are computed together
  std::int64_t tile_rows;  ///< rows (tiles, pixels) that are multiplied together

  /// Computes the tiles first to last - 1, counted row by row, in blocks of `block` tiles.
  /// `scratch` is aligned to 64 bytes and has `winograd_scratch` floats.
  void (*convolve)(const WinogradJob& job, std::int64_t first, std::int64_t last,
                   std::int64_t block, float* scratch);
  void (*multiply)(const ProductJob& job);
  /// Writes the windows of the pixels first to last - 1, from `out` on.
  void (*look_up)(const LookupJob& job, std::int64_t first, std::int64_t last, float* out);
};

/// The kernels that this CPU can run, the fastest first; at least one.
std::span<const CpuKernels* const> all_cpu_kernels();
inline const CpuKernels& cpu_kernels() { return *all_cpu_kernels().front(); }

}  // namespace gsttorch
