// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>
#include <vector>

#include <c10/core/Device.h>

#include "lib/core/result.h"

namespace gsttorch {

/// The device a user's word stands for: "auto", "cpu", "cuda" (the first) or "cuda:N".
/// "auto" is the first CUDA device where one is usable, else the CPU.
Result<c10::Device> parse_device(const std::string& name);

/// "cpu" and the CUDA devices that are usable here.
std::vector<std::string> available_devices();

}  // namespace gsttorch
