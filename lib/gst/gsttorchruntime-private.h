// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <memory>

#include "lib/gst/gsttorchruntime.h"

namespace gsttorch {

class FrameTable;

/// Where the frames are found that the element shares with others that were given the same context;
/// a table of its own where it has none.
std::shared_ptr<FrameTable> frame_table_of(GstElement* element);

}  // namespace gsttorch
