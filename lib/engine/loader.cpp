// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/engine/loader.h"

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <mutex>

#include <dlfcn.h>

#include "lib/base/runtime_library.h"
#include "lib/engine/torch_version.h"

namespace gsttorch {
namespace {

constexpr RuntimeLibrary kEngine{"libgsttorch-engine.so", "GST_TORCH_ENGINE", GSTTORCH_ENGINE_ENTRY,
                                 "build it with tools/setup"};

std::atomic<bool> torch_was_there = false;
std::atomic<bool> openmp_was_there = false;

constexpr char kSpins[] =
    "another library loaded libgomp before LibTorch and set no limit on spinning, so inference may "
    "be many times slower while other threads are busy. Set GOMP_SPINCOUNT=1000 in the environment "
    "before the program starts, and OMP_NUM_THREADS to the number of available cores";

// libgomp reads its environment once, when it is loaded; later settings have no effect.
bool spins_already() {
  if (std::getenv("GOMP_SPINCOUNT") || std::getenv("OMP_WAIT_POLICY")) return false;
  void* const openmp = dlopen("libgomp.so.1", RTLD_LAZY | RTLD_NOLOAD);
  if (openmp) dlclose(openmp);  // releases the reference just taken
  return openmp;
}

// A second LibTorch crashes the process in strange ways: a loaded one must have our version.
Result<void> check_loaded_torch() {
  const std::string version = loaded_torch_version();
  torch_was_there = !version.empty();
  if (version.empty() || version == GSTTORCH_TORCH_VERSION) return {};
  return Error{ErrorCode::LibraryMissing,
               "LibTorch " + version +
                   " is already loaded in this process (by Python's torch?), but this "
                   "build requires " GSTTORCH_TORCH_VERSION ": use torch " GSTTORCH_TORCH_VERSION
                   ", or run the elements in another process"};
}

}  // namespace

std::string loaded_torch_version() {
  void* torch = dlopen("libtorch_cpu.so", RTLD_NOW | RTLD_NOLOAD);
  if (!torch) return {};
  auto abi_version = reinterpret_cast<std::uint64_t (*)()>(dlsym(torch, "aoti_torch_abi_version"));
  dlclose(torch);  // releases the reference just taken; the library that loaded it keeps its own
  if (!abi_version) return "older than 2.8";
  const std::uint64_t packed = abi_version();  // 0xMMmmpptt followed by four bytes of build
  const auto byte = [packed](int index) {
    return std::to_string((packed >> (56 - 8 * index)) & 255);
  };
  return byte(0) + "." + byte(1) + "." + byte(2);
}

bool engine_found_torch() { return torch_was_there; }

void prepare_environment() {
  if (!std::getenv("OMP_WAIT_POLICY")) setenv("GOMP_SPINCOUNT", "1000", 0);
}

std::string openmp_warning() { return openmp_was_there ? kSpins : ""; }

Result<Engine*> load_engine() {
  static std::mutex mutex;
  static Engine* engine = nullptr;
  const std::lock_guard lock(mutex);
  if (engine) return engine;
  if (auto usable = check_loaded_torch(); !usable) return usable.error();
  openmp_was_there = spins_already();
  const auto entry = open_runtime_library(kEngine);
  if (!entry) return entry.error();
  engine = reinterpret_cast<EngineEntry>(*entry)();
  return engine;
}

}  // namespace gsttorch
