// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <gst/gst.h>

namespace gsttorch {

/// The runtime's statistics as a structure; see GstTorchRuntime:stats. Transfer full.
GstStructure* runtime_stats();

}  // namespace gsttorch
