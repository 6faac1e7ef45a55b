// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include "tools/gst-torch/support/gst_support.h"
#include "tools/gst-torch/support/run_options.h"

namespace gsttorch {

/// Runs a pipeline with an analysiswriter in it to its end. An Interrupt ends the
/// stream after the frame in work.
RunOutcome run_analysis(Pipeline& pipeline, const RunOptions& options);

}  // namespace gsttorch
