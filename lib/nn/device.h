// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>
#include <vector>

#include <c10/core/Device.h>

#include "lib/core/result.h"

namespace gsttorch {

/// The device a user's word stands for: "auto", "cpu", "cuda" (the first) or "cuda:N".
/// "auto" is the CUDA device with most free memory where one is usable, else the CPU. Whoever asked
/// for CUDA by name never gets the CPU: the error says why.
Result<c10::Device> parse_device(const std::string& name);

/// "cpu" and the CUDA devices that are usable here.
std::vector<std::string> available_devices();

}  // namespace gsttorch
