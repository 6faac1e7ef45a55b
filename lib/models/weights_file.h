// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include "lib/base/result.h"

namespace gsttorch {

/// Looks at the first bytes of a weights file (safetensors, or what torch.save writes): an error
/// where it is not there, cannot be read, or is something else. Costs no more than opening it.
Result<void> check_weights_file(const std::string& path);

/// The weights file that a user's word stands for (resolve_weights), where it is one.
Result<std::string> find_weights(const std::string& name_or_path);

}  // namespace gsttorch
