// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include "lib/gst/analyzer/analyzer_class.h"
#include "lib/gst/model_analyzer/gsttorchmodelanalyzer.h"
#include "lib/gst/model_analyzer/model_host.h"

namespace gsttorch {

/// For the class_init of an element with a model: its work is a `Work`, an Analysis that is made
/// with the element's ModelHost&.
template <typename Work>
void set_model_analysis(gpointer g_class) {
  GST_TORCH_ANALYZER_CLASS(g_class)->create_analysis = [](GstTorchAnalyzer* self) -> gpointer {
    auto& host = *static_cast<ModelHost*>(GST_TORCH_MODEL_ANALYZER(self)->host);
    return static_cast<Analysis*>(new Work(host));
  };
}

}  // namespace gsttorch
