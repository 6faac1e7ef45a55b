// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include "lib/base/result.h"

namespace gsttorch {

/// A library of the project that is opened with dlopen when it is first needed.
struct RuntimeLibrary {
  const char* file;      ///< "libgsttorch-engine.so"
  const char* variable;  ///< environment variable that overrides the file
  const char* entry;     ///< exported function; its name includes the version
  const char* remedy;    ///< how to get the library, for the error message
};

/// Opens the library, which stays loaded, and returns its entry point. It searches the path in the
/// environment variable, or else the directory of the library or program that this code is linked
/// into, the directory above it, and the configured libdir; an error lists them. Thread-safe.
Result<void*> open_runtime_library(const RuntimeLibrary& library);

/// Returns the file that open_runtime_library() would open, or the same error.
Result<std::string> find_runtime_library(const RuntimeLibrary& library);

}  // namespace gsttorch
