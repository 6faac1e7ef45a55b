// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/engine/engine.h"

namespace gsttorch {

/// Returns the engine, which the first call loads with dlopen and which is never unloaded.
/// Thread-safe; after a failure, a later call tries again.
///
/// Search order: the file in the environment variable GST_TORCH_ENGINE, the directory of the
/// library or program that this code is linked into and the directory above it, the configured
/// libdir.
Result<Engine*> load_engine();

/// Sets a short waiting policy for libgomp, whichever library loads it, unless the user set one.
/// Call it from main() of this project's programs before any thread starts. Never call it from a
/// library, where other threads may read the environment; the engine's own libgomp does not need it
/// (static_data.h).
void prepare_environment();

/// Returns a warning for the user if the threads of LibTorch's OpenMP spin without the limit that
/// this project sets, because another library had loaded libgomp before; otherwise empty. Call it
/// after load_engine().
std::string openmp_warning();

/// Version of a LibTorch that this process has loaded already ("2.15.0"), or empty.
std::string loaded_torch_version();

/// True if the process had loaded LibTorch before load_engine() needed it.
bool engine_found_torch();

}  // namespace gsttorch
