// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/ops/token_kernels.h"

#include <vector>

#include "lib/cpu/cpu_capability.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wpsabi"  // vectors are only passed to inlined functions
#endif

// Compiles the same code for each CPU type. Function clones (cpu_dispatch.h) do not work here: the
// compiler splits vectors before it clones.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define GSTTORCH_TOKEN_VARIANTS

#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4")
#define GSTTORCH_LANES 16
#define GSTTORCH_TILE_ROWS 12
namespace gsttorch::avx512 {
#include "lib/nn/ops/token_kernels.inc"
}  // namespace gsttorch::avx512
#undef GSTTORCH_LANES
#undef GSTTORCH_TILE_ROWS
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")
#define GSTTORCH_LANES 8
#define GSTTORCH_TILE_ROWS 6
namespace gsttorch::avx2 {
#include "lib/nn/ops/token_kernels.inc"
}  // namespace gsttorch::avx2
#undef GSTTORCH_LANES
#undef GSTTORCH_TILE_ROWS
#pragma GCC pop_options

#endif

#define GSTTORCH_LANES 4
#define GSTTORCH_TILE_ROWS 6
namespace gsttorch::baseline {
#include "lib/nn/ops/token_kernels.inc"
}  // namespace gsttorch::baseline
#undef GSTTORCH_LANES
#undef GSTTORCH_TILE_ROWS

namespace gsttorch {
namespace {

std::vector<const TokenKernels*> find_kernels() {
  std::vector<const TokenKernels*> found;
#ifdef GSTTORCH_TOKEN_VARIANTS
  if (may_use(CpuCapability::Avx512)) found.push_back(&avx512::kTokenKernels);
  if (may_use(CpuCapability::Avx2)) found.push_back(&avx2::kTokenKernels);
#endif
  found.push_back(&baseline::kTokenKernels);
  return found;
}

}  // namespace

std::span<const TokenKernels* const> all_token_kernels() {
  static const std::vector<const TokenKernels*> kernels = find_kernels();
  return kernels;
}

}  // namespace gsttorch
