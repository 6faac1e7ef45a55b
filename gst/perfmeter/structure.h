// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <gst/gst.h>

#include "lib/perf/perf_output.h"

namespace gsttorch {

/// A record as a structure of that name: fields in kebab-case, whole numbers as guint64 (gint64
/// where negative), objects as structures, arrays as lists. Transfer full.
GstStructure* to_structure(const char* name, const PerfRecord& record);

/// What any structure holds of numbers, texts, structures and lists; all else is left out.
PerfRecord to_record(const GstStructure* structure);

}  // namespace gsttorch
