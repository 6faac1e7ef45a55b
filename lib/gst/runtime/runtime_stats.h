// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <gst/gst.h>

namespace gsttorch {

/// Creates the structure of the runtime's statistics; see GstTorchRuntime:stats. Transfer full.
GstStructure* runtime_stats();

}  // namespace gsttorch
