// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>
#include <vector>

#include <c10/core/Device.h>

#include "lib/base/result.h"

namespace gsttorch {

/// The device a user's word stands for: "auto", "cpu", "cuda" (the first) or "cuda:N".
/// "auto" is the CUDA device with most free memory where one is usable, else the CPU. Whoever asked
/// for CUDA by name never gets the CPU: the error says why.
Result<c10::Device> parse_device(const std::string& name);

/// From now on the calling thread's work on a CUDA device goes to a stream of LibTorch's pool; on
/// the CPU it is done where it is called.
void take_own_stream(const std::string& device);

/// Waits for what the calling thread has given to a device. Whoever hands a tensor to another
/// thread, or lets one go that it worked on, does this first: the other works on another stream.
void wait_for_work(c10::Device device);

/// "cpu" and the CUDA devices that are usable here.
std::vector<std::string> available_devices();

}  // namespace gsttorch
