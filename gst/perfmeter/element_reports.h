// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <gst/gst.h>

#include "lib/perf/perf_output.h"

namespace gsttorch {

/// Sets "reports": the `stats` property of each element that has one of type GstStructure, in the
/// bin around `self` and in bins inside it. Skips elements of the same type as `self`.
void add_element_reports(PerfRecord& record, GstElement* self);

}  // namespace gsttorch
