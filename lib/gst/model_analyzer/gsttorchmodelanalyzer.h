// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
/* Base class of the elements that analyse video with a model. Not part of the public API. Types of
 * C alone, as in gsttorchanalyzer.h; C++ code uses model_analyzer_class.h. */
#pragma once

#include <gst/gst.h>

#include "lib/gst/analyzer/gsttorchanalyzer.h"
#include "lib/gst/gsttorchruntime.h"

G_BEGIN_DECLS

typedef struct _GstTorchModelAnalyzer GstTorchModelAnalyzer;
typedef struct _GstTorchModelAnalyzerClass GstTorchModelAnalyzerClass;

#define GST_TYPE_TORCH_MODEL_ANALYZER (gst_torch_model_analyzer_get_type())
#define GST_TORCH_MODEL_ANALYZER(object) ((GstTorchModelAnalyzer*)(object))

struct _GstTorchModelAnalyzer {
  GstTorchAnalyzer parent;
  gpointer host;            /* gsttorch::ModelHost: parent.impl */
  GstTorchRuntime* runtime; /* from READY on */
};

struct _GstTorchModelAnalyzerClass {
  GstTorchAnalyzerClass parent_class;
};

GST_TORCH_API GType gst_torch_model_analyzer_get_type(void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GstTorchModelAnalyzer, gst_object_unref)

G_END_DECLS
