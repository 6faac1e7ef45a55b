// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <gst/gst.h>

#include "lib/perf/perf_output.h"

namespace gsttorch {

/// Sets "reports": what each element of the bin around `self`, and of bins in it, tells in a
/// property `stats` that is a structure. Elements of the same kind as `self` are left out.
void add_element_reports(PerfRecord& record, GstElement* self);

}  // namespace gsttorch
