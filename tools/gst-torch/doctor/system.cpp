// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include <sched.h>

#include "lib/engine/loader.h"
#include "lib/models/manifest.h"
#include "tools/gst-torch/doctor/doctor.h"

namespace gsttorch {
namespace {

constexpr char kMachine[] = "machine";

/// The variables of ours, and those of others that change which parts of ours are found.
constexpr const char* kVariables[] = {
    "GST_TORCH_ENGINE",          "GST_TORCH_CUDA_LIBRARY", "GST_TORCH_GRAPH_LIBRARY",
    "GST_TORCH_GSTCUDA_LIBRARY", "GST_TORCH_CUDA_GRAPHS",  "GST_TORCH_MANIFEST",
    "GST_TORCH_MODELS_DIR",      "GST_PLUGIN_PATH",        "GST_REGISTRY",
    "OMP_NUM_THREADS",           "CUDA_VISIBLE_DEVICES",
};

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string cpu_features() {
  std::vector<std::string> features;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2")) features.emplace_back("AVX2");
  if (__builtin_cpu_supports("avx512f")) features.emplace_back("AVX-512");
  if (__builtin_cpu_supports("avx512vnni")) features.emplace_back("AVX-512 VNNI");
  if (__builtin_cpu_supports("avx512bf16")) features.emplace_back("AVX-512 bf16");
#endif
  return features.empty() ? "none of AVX2, AVX-512, bf16" : joined(features);
}

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

/// Those that this process may use, which in a container are fewer than there are.
int usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

std::uint64_t meminfo_bytes(const std::string& field) {
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(field + ":")) {
      return std::strtoull(line.c_str() + field.size() + 1, nullptr, 10) * 1024;
    }
  }
  return 0;
}

}  // namespace

std::string gigabytes(std::uint64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f GB", static_cast<double>(bytes) / 1e9);
  return text;
}

void check_engine(Checks& checks) {
  auto engine = load_engine();
  if (!engine) {
    checks.push_back({"engine", "LibTorch", CheckState::Missing, engine.error().message,
                      "run tools/setup, which gets LibTorch and builds the engine, or set "
                      "GST_TORCH_ENGINE to the path of an engine library"});
    return;
  }
  checks.push_back({"engine", "LibTorch", CheckState::Ok, (*engine)->version(), ""});
  checks.push_back({"engine", "devices", CheckState::Ok, joined((*engine)->devices()), ""});
}

void check_machine(Checks& checks) {
  checks.push_back({kMachine, "CPU", CheckState::Fact, cpu_model(), ""});
  checks.push_back({kMachine, "CPU features", CheckState::Fact, cpu_features(), ""});
  checks.push_back(
      {kMachine, "cores", CheckState::Fact, std::to_string(usable_cores()) + " usable", ""});
  checks.push_back({kMachine, "memory", CheckState::Fact,
                    gigabytes(meminfo_bytes("MemTotal")) + ", " +
                        gigabytes(meminfo_bytes("MemAvailable")) + " available",
                    ""});
}

void check_environment(Checks& checks) {
  for (const char* name : kVariables) {
    const char* value = std::getenv(name);
    if (value) checks.push_back({"environment", name, CheckState::Fact, value, ""});
  }
}

}  // namespace gsttorch
