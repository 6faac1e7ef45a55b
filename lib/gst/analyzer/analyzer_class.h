// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include "lib/gst/analyzer/analysis.h"
#include "lib/gst/analyzer/gsttorchanalyzer.h"

namespace gsttorch {

/// For the class_init of an element on the base class: its work is a `Work`, an Analysis that is
/// made with the element's AnalyzerHost&.
template <typename Work>
void set_analysis(gpointer g_class) {
  GST_TORCH_ANALYZER_CLASS(g_class)->create_analysis = [](GstTorchAnalyzer* self) -> gpointer {
    return static_cast<Analysis*>(new Work(*static_cast<AnalyzerHost*>(self->host)));
  };
}

/// The work of such an element.
template <typename Work>
Work& analysis_of(gpointer element) {
  return static_cast<Work&>(*static_cast<Analysis*>(GST_TORCH_ANALYZER(element)->analysis));
}

}  // namespace gsttorch
