// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include "lib/core/result.h"
#include "lib/engine/engine.h"

namespace gsttorch {

/// The engine, loaded with dlopen by the first call and never unloaded. Thread-safe; a failure is
/// not remembered, so a later call tries again.
///
/// Looked for in this order: the environment variable GST_TORCH_ENGINE (a file), the folder of the
/// library or program that this code is linked into and the folder above it, the configured libdir.
Result<Engine*> load_engine();

/// Sets what LibTorch's OpenMP reads once when it is loaded (waiting policy), unless the user set
/// it. Called by whichever of our libraries is loaded first, before any thread is started.
void prepare_environment();

/// Version of a LibTorch that is mapped into this process already ("2.15.0"), or empty.
std::string loaded_torch_version();

/// Whether LibTorch was in the process before load_engine() came to need it.
bool engine_found_torch();

}  // namespace gsttorch
