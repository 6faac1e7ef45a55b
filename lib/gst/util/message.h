// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <gst/gst.h>

namespace gsttorch {

/// Creates the structure of an element message about a buffer, with `timestamp`, `stream-time`,
/// `running-time` and `duration`, ns, GST_CLOCK_TIME_NONE if unknown. Transfer full.
GstStructure* new_timed_structure(const gchar* name, const GstSegment& segment, GstBuffer* buffer);

}  // namespace gsttorch
