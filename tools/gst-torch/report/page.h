// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include "lib/base/result.h"

namespace gsttorch {

/// A whole page: style within, nothing fetched from anywhere.
std::string whole_page(const std::string& title, const std::string& body);

/// Replaces the file in one step.
Result<void> write_page(const std::string& path, const std::string& page);

}  // namespace gsttorch
