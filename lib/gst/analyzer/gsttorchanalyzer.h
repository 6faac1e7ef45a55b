// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
/* Base class of the elements that run a model on video. Not part of the public API. */
#pragma once

#include <memory>

#include <gst/gst.h>

#include "lib/gst/analyzer/analysis.h"
#include "lib/gst/gsttorchenums.h"
#include "lib/gst/gsttorchruntime.h"

typedef struct _GstTorchAnalyzer GstTorchAnalyzer;
typedef struct _GstTorchAnalyzerClass GstTorchAnalyzerClass;

#define GST_TYPE_TORCH_ANALYZER (gst_torch_analyzer_get_type())
#define GST_TORCH_ANALYZER(object) (reinterpret_cast<GstTorchAnalyzer*>(object))
#define GST_TORCH_ANALYZER_CLASS(klass) (reinterpret_cast<GstTorchAnalyzerClass*>(klass))
#define GST_TORCH_ANALYZER_GET_CLASS(object) \
  (reinterpret_cast<GstTorchAnalyzerClass*>(G_OBJECT_GET_CLASS(object)))

namespace gsttorch {
class Analyzer;
}

struct _GstTorchAnalyzer {
  GstElement parent;
  gsttorch::Analyzer* impl;
  gsttorch::Analysis* analysis;  // owned by impl
  GstTorchRuntime* runtime;      // from READY on
};

struct _GstTorchAnalyzerClass {
  GstElementClass parent_class;

  /// Makes the work of a new element. Pads come from the templates "sink" and "src", which the
  /// element's class adds.
  std::unique_ptr<gsttorch::Analysis> (*create_analysis)(gsttorch::AnalyzerHost* host);
};

G_BEGIN_DECLS
GST_TORCH_API GType gst_torch_analyzer_get_type(void);
G_END_DECLS

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GstTorchAnalyzer, gst_object_unref)
