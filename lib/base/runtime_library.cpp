// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/base/runtime_library.h"

#include <cstdlib>
#include <filesystem>
#include <vector>

#include <dlfcn.h>

#include "config.h"

namespace gsttorch {
namespace {

std::string own_directory() {
  Dl_info info{};
  if (!dladdr(reinterpret_cast<void*>(&own_directory), &info) || !info.dli_fname) return {};
  return std::filesystem::path(info.dli_fname).parent_path().string();
}

std::vector<std::string> candidates(const RuntimeLibrary& library) {
  if (const char* file = std::getenv(library.variable); file && *file) return {file};
  std::vector<std::string> files;
  if (const std::string directory = own_directory(); !directory.empty()) {
    files.push_back(directory + "/" + library.file);
    files.push_back(directory + "/../" + library.file);
  }
  files.push_back(std::string(GSTTORCH_LIBDIR) + "/" + library.file);
  return files;
}

}  // namespace

Result<std::string> find_runtime_library(const RuntimeLibrary& library) {
  std::string looked;
  for (const std::string& file : candidates(library)) {
    std::error_code ignored;
    if (std::filesystem::exists(file, ignored)) return file;
    looked += (looked.empty() ? "" : ", ") + file;
  }
  return Error{ErrorCode::LibraryMissing,
               std::string(library.file) + " is not installed (looked for " + looked +
                   "): " + library.remedy + ", or set its path in " + library.variable};
}

Result<void*> open_runtime_library(const RuntimeLibrary& library) {
  const auto file = find_runtime_library(library);
  if (!file) return file.error();
  void* opened = dlopen(file->c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!opened) {
    return Error{ErrorCode::LibraryMissing,
                 std::string("cannot load ") + library.file + ": " + dlerror()};
  }
  void* entry = dlsym(opened, library.entry);
  if (entry) return entry;
  return Error{ErrorCode::LibraryMissing, *file + " is of another version (it has no symbol " +
                                              library.entry + "): reinstall it"};
}

}  // namespace gsttorch
