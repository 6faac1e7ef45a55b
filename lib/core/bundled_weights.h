// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include "lib/core/result.h"

namespace gsttorch {

/// What resolve_weights() finds, else the weights of that name that come with the project. The
/// error is that of resolve_weights().
Result<std::string> resolve_or_bundled(const std::string& name_or_path);

}  // namespace gsttorch
