// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include "lib/base/result.h"

namespace gsttorch {

/// A library of this project that is loaded at run time.
struct RuntimeLibrary {
  const char* file;      ///< "libgsttorch-engine.so"
  const char* variable;  ///< environment variable that overrides the file
  const char* entry;     ///< exported function; its name includes the version
  const char* remedy;    ///< how to get the library, for the error message
};

/// Opens the library with dlopen, never closes it, and returns its entry point. An error lists the
/// searched places: the environment variable, the directory of the library or program that this
/// code is linked into and the directory above it, the configured libdir. Thread-safe.
Result<void*> open_runtime_library(const RuntimeLibrary& library);

/// Returns the file that open_runtime_library() would open, or the same error.
Result<std::string> find_runtime_library(const RuntimeLibrary& library);

}  // namespace gsttorch
