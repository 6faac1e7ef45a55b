// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/cpu/cpu_capability.h"

#include <cstdlib>
#include <string_view>

namespace gsttorch {
namespace {

CpuCapability limit() {
  const char* name = std::getenv("ATEN_CPU_CAPABILITY");
  if (!name) return CpuCapability::Avx512;
  if (std::string_view(name) == "default") return CpuCapability::Baseline;
  if (std::string_view(name) == "avx2") return CpuCapability::Avx2;
  return CpuCapability::Avx512;
}

bool has(CpuCapability capability) {
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
  if (capability == CpuCapability::Avx512) return __builtin_cpu_supports("x86-64-v4");
  if (capability == CpuCapability::Avx2) return __builtin_cpu_supports("x86-64-v3");
#endif
  return capability == CpuCapability::Baseline;
}

}  // namespace

bool may_use(CpuCapability capability) { return capability <= limit() && has(capability); }

}  // namespace gsttorch
