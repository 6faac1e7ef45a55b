// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
//
// Compiles the kernels once per CPU type, each time in another namespace.
#include "lib/cpu/cpu_kernels.h"

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "lib/cpu/correlation_lookup.h"
#include "lib/cpu/cpu_capability.h"
#include "lib/cpu/product.h"
#include "lib/cpu/winograd.h"
#include "lib/cpu/winograd_layout.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wpsabi"  // vectors are only passed to inlined functions
#endif

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define GSTTORCH_CPU_VARIANTS

#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4")
#define GSTTORCH_LANES 16
#define GSTTORCH_TILE_ROWS 14
#define GSTTORCH_KERNELS_NAME "avx512"
namespace gsttorch::avx512 {
#include "lib/cpu/cpu_kernels.inc"
}  // namespace gsttorch::avx512
#undef GSTTORCH_LANES
#undef GSTTORCH_TILE_ROWS
#undef GSTTORCH_KERNELS_NAME
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")
#define GSTTORCH_LANES 8
#define GSTTORCH_TILE_ROWS 6
#define GSTTORCH_KERNELS_NAME "avx2"
namespace gsttorch::avx2 {
#include "lib/cpu/cpu_kernels.inc"
}  // namespace gsttorch::avx2
#undef GSTTORCH_LANES
#undef GSTTORCH_TILE_ROWS
#undef GSTTORCH_KERNELS_NAME
#pragma GCC pop_options

#endif

#define GSTTORCH_LANES 4
#define GSTTORCH_TILE_ROWS 4
#define GSTTORCH_KERNELS_NAME "baseline"
namespace gsttorch::baseline {
#include "lib/cpu/cpu_kernels.inc"
}  // namespace gsttorch::baseline
#undef GSTTORCH_LANES
#undef GSTTORCH_TILE_ROWS
#undef GSTTORCH_KERNELS_NAME

namespace gsttorch {
namespace {

std::vector<const CpuKernels*> find_kernels() {
  std::vector<const CpuKernels*> found;
#ifdef GSTTORCH_CPU_VARIANTS
  if (may_use(CpuCapability::Avx512)) found.push_back(&avx512::kKernels);
  if (may_use(CpuCapability::Avx2)) found.push_back(&avx2::kKernels);
#endif
  found.push_back(&baseline::kKernels);
  return found;
}

}  // namespace

std::span<const CpuKernels* const> all_cpu_kernels() {
  static const auto& kernels = *new std::vector<const CpuKernels*>(find_kernels());
  return kernels;
}

}  // namespace gsttorch
