// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

namespace gsttorch {

/// Adds to the contents of a PNG or JPEG file that it is a page of a contact sheet: as a comment,
/// which programs that show images ignore.
std::string marked_as_page(std::string file);

/// Whether a file is there and says that.
bool is_marked_as_page(const std::string& path);

}  // namespace gsttorch
