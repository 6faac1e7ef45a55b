// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include "lib/base/result.h"

namespace gsttorch {

/// Checks the first bytes of a weights file (safetensors, or a file from torch.save): fails if the
/// file is missing, unreadable or of another format. Costs no more than opening it.
Result<void> check_weights_file(const std::string& path);

/// Resolves the user's value (resolve_weights) and checks the file (check_weights_file).
Result<std::string> find_weights(const std::string& name_or_path);

}  // namespace gsttorch
