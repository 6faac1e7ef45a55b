// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include "lib/base/result.h"

namespace gsttorch {

/// A library of ours that is opened late.
struct RuntimeLibrary {
  const char* file;      ///< "libgsttorch-engine.so"
  const char* variable;  ///< the environment variable that may name another file
  const char* entry;     ///< the function that it exports; its name carries the version
  const char* remedy;    ///< for people: how to get it
};

/// Opens it with dlopen, for ever, and returns its entry point. An error says where it was looked
/// for: the environment variable, the directory of the library or program that this code is linked
/// into and the directory above it, the configured libdir. Thread-safe.
Result<void*> open_runtime_library(const RuntimeLibrary& library);

/// The file that open_runtime_library() would open, or the same error.
Result<std::string> find_runtime_library(const RuntimeLibrary& library);

}  // namespace gsttorch
