// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <gst/gst.h>

#include "lib/perf/perf_output.h"

namespace gsttorch {

/// Converts a record to a structure of that name: fields in kebab-case, integers as guint64 (gint64
/// if negative), objects as structures, arrays as lists. Transfer full.
GstStructure* to_structure(const char* name, const PerfRecord& record);

/// Converts the numbers, strings, structures and lists of any structure; omits other values.
PerfRecord to_record(const GstStructure* structure);

}  // namespace gsttorch
