// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/device/cuda_libraries.h"

#include <filesystem>

#include <dlfcn.h>
#include <link.h>

namespace gsttorch {
namespace {

// "libcudnn.so.9: cannot open shared object file: ..." names the one that is missing.
std::string explained(const std::string& said, const std::string& file) {
  const std::string name = said.substr(0, said.find(':'));
  if (said.find("cannot open shared object file") == std::string::npos || name == file) {
    return said;
  }
  return "its dependency " + name + " is missing";
}

}  // namespace

std::string loaded_torch_directory() {
  void* torch = dlopen("libtorch_cpu.so", RTLD_NOW | RTLD_NOLOAD);
  if (!torch) return {};
  link_map* map = nullptr;
  const bool known = dlinfo(torch, RTLD_DI_LINKMAP, &map) == 0 && map;
  const std::string file = known ? map->l_name : "";
  dlclose(torch);  // gives back the reference just taken; whoever loaded it holds its own
  // Found by a search path relative to the library that asked, it has its ".." in it.
  return std::filesystem::path(file).lexically_normal().parent_path().string();
}

Result<void> load_torch_cuda(const std::string& file) {
  // The libraries of the wheels find each other by the search path in this one, so it has to be
  // the first that is opened.
  if (dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)) return {};
  return Error{ErrorCode::DeviceUnavailable,
               "no CUDA device: LibTorch's CUDA half cannot be loaded from " + file + ": " +
                   explained(dlerror(), file) +
                   ": run GST_TORCH_SETUP_CUDA=1 tools/setup, or use device=cpu"};
}

}  // namespace gsttorch
