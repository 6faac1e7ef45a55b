// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>
#include <vector>

#include <c10/core/Device.h>

#include "lib/base/result.h"

namespace gsttorch {

/// Parses a device name: "auto", "cpu", "cuda" (the first CUDA device) or "cuda:N". "auto" selects
/// the usable CUDA device with the most free memory, or the CPU if there is none. An explicit CUDA
/// name never falls back to the CPU: the error names the cause.
Result<c10::Device> parse_device(const std::string& name);

/// Makes the calling thread submit its CUDA work to a stream of LibTorch's pool from now on. On the
/// CPU nothing changes: operations run in the calling thread.
void take_own_stream(const std::string& device);

/// Waits until the device has finished the calling thread's work. Call it before you pass a tensor
/// to another thread, or release one that this thread has used: the other thread works on another
/// stream.
void wait_for_work(c10::Device device);

/// "cpu" and the CUDA devices that are usable on this machine.
std::vector<std::string> available_devices();

}  // namespace gsttorch
