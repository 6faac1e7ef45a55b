// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/result.h"
#include "lib/formats/flow_view.h"

namespace gsttorch {

/// Writes a file for numpy.load: a zip archive, not compressed, with one array "flow" of shape
/// (height, width, 2), float32 or float16 like the view. The file gets its name once it is
/// complete.
Result<void> write_npz_file(const std::string& path, const FlowView& flow);

/// Size in bytes of such a file.
std::uint64_t npz_file_bytes(const FlowView& flow);

}  // namespace gsttorch
