// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <memory>

#include "lib/gst/gsttorchruntime.h"

namespace gsttorch {

class FrameTable;

/// The table of frames that the element shares with all elements that have the same context; a
/// private table if it has no context.
std::shared_ptr<FrameTable> frame_table_of(GstElement* element);

}  // namespace gsttorch
