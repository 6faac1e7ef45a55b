// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include "lib/base/result.h"

namespace gsttorch {

/// Writes into a PNG or JPEG file that it is a page of a contact sheet: as a comment, which
/// whatever shows images leaves alone.
Result<void> mark_as_page(const std::string& path);

/// Whether a file is there and says that.
bool is_marked_as_page(const std::string& path);

}  // namespace gsttorch
