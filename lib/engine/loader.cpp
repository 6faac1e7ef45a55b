// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/engine/loader.h"

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <vector>

#include <dlfcn.h>

#include "config.h"
#include "lib/engine/torch_version.h"

namespace gsttorch {
namespace {

constexpr char kLibraryName[] = "libgsttorch-engine.so";

std::string own_folder() {
  Dl_info info{};
  if (!dladdr(reinterpret_cast<void*>(&own_folder), &info) || !info.dli_fname) return {};
  return std::filesystem::path(info.dli_fname).parent_path().string();
}

std::vector<std::string> candidates() {
  if (const char* file = std::getenv("GST_TORCH_ENGINE"); file && *file) return {file};
  std::vector<std::string> files;
  if (const std::string folder = own_folder(); !folder.empty()) {
    files.push_back(folder + "/" + kLibraryName);
    files.push_back(folder + "/../" + kLibraryName);
  }
  files.push_back(std::string(GSTTORCH_LIBDIR) + "/" + kLibraryName);
  return files;
}

Result<std::string> find_library() {
  std::string looked;
  for (const std::string& file : candidates()) {
    std::error_code ignored;
    if (std::filesystem::exists(file, ignored)) return file;
    looked += (looked.empty() ? "" : ", ") + file;
  }
  return Error{ErrorCode::LibraryMissing,
               std::string(kLibraryName) + " is not installed (looked for " + looked +
                   "): build it with tools/setup, or name it in GST_TORCH_ENGINE"};
}

// A second LibTorch in one process crashes in strange ways: the one that is there must be ours.
Result<void> check_loaded_torch() {
  const std::string version = loaded_torch_version();
  if (version.empty() || version == GSTTORCH_TORCH_VERSION) return {};
  return Error{ErrorCode::LibraryMissing,
               "LibTorch " + version +
                   " is already in this process (Python's torch?), and this "
                   "build needs " GSTTORCH_TORCH_VERSION ": use torch " GSTTORCH_TORCH_VERSION
                   ", or run the elements in another process"};
}

Result<Engine*> open_engine(const std::string& file) {
  void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    return Error{ErrorCode::LibraryMissing, std::string("cannot load the engine: ") + dlerror()};
  }
  auto entry = reinterpret_cast<EngineEntry>(dlsym(library, GSTTORCH_ENGINE_ENTRY));
  if (!entry) {
    return Error{ErrorCode::LibraryMissing,
                 file + " is of another version (no " GSTTORCH_ENGINE_ENTRY "): install again"};
  }
  return entry();
}

}  // namespace

std::string loaded_torch_version() {
  void* torch = dlopen("libtorch_cpu.so", RTLD_NOW | RTLD_NOLOAD);
  if (!torch) return {};
  auto abi_version = reinterpret_cast<std::uint64_t (*)()>(dlsym(torch, "aoti_torch_abi_version"));
  dlclose(torch);  // gives back the reference just taken; whoever loaded it holds its own
  if (!abi_version) return "older than 2.8";
  const std::uint64_t packed = abi_version();  // 0xMMmmpptt followed by four bytes of build
  const auto byte = [packed](int index) {
    return std::to_string((packed >> (56 - 8 * index)) & 255);
  };
  return byte(0) + "." + byte(1) + "." + byte(2);
}

void prepare_environment() {
  // Short spinning: as fast as endless spinning within 10 % on idle cores, and it leaves the cores
  // to decoders and other elements between parallel regions.
  setenv("GOMP_SPINCOUNT", "10000", 0);
}

Result<Engine*> load_engine() {
  static std::mutex mutex;
  static Engine* engine = nullptr;
  const std::lock_guard lock(mutex);
  if (engine) return engine;
  if (auto usable = check_loaded_torch(); !usable) return usable.error();
  auto file = find_library();
  if (!file) return file.error();
  prepare_environment();
  auto opened = open_engine(*file);
  if (opened) engine = *opened;
  return opened;
}

}  // namespace gsttorch
