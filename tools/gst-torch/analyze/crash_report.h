// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include "tools/gst-torch/support/run_options.h"

namespace gsttorch {

/// From now on, a signal that ends the process because of a fault writes a line to the standard
/// output first: {"crash": ...} of the workers' protocol, with the element that the thread was in
/// and the frames so far. Once per process, after gst_init. The counters must outlive the process's
/// threads.
void report_crashes(const RunCounters* counters);

}  // namespace gsttorch
