// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include "lib/core/result.h"

namespace gsttorch {

/// Looks at the first bytes of a weights file (safetensors, or what torch.save writes): an error
/// where it is not there, cannot be read, or is something else. Costs no more than opening it.
Result<void> check_weights_file(const std::string& path);

}  // namespace gsttorch
