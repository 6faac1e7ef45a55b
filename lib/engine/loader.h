// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/engine/engine.h"

namespace gsttorch {

/// The engine, loaded with dlopen by the first call and never unloaded. Thread-safe; a failure is
/// not remembered, so a later call tries again.
///
/// Looked for in this order: the environment variable GST_TORCH_ENGINE (a file), the directory of
/// the library or program that this code is linked into and the directory above it, the configured
/// libdir.
Result<Engine*> load_engine();

/// For main() of a program of ours, before any thread is started: a short waiting policy for
/// whichever library brings libgomp, unless the user set one. Never from a library, where other
/// threads may read the environment; what the engine brings need not be told so (static_data.h).
void prepare_environment();

/// What is to be said to the user where the threads of LibTorch's OpenMP spin without a limit of
/// ours, since another library had brought libgomp before; else empty. After load_engine().
std::string openmp_warning();

/// Version of a LibTorch that is mapped into this process already ("2.15.0"), or empty.
std::string loaded_torch_version();

/// Whether LibTorch was in the process before load_engine() came to need it.
bool engine_found_torch();

}  // namespace gsttorch
