// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
/* Base class of the elements that analyse video. Not part of the public API.
 *
 * Types of C alone: a C++ type in here would be part of the library's ABI. C++ code uses
 * analyzer_class.h, which knows what the pointers are. */
#pragma once

#include <gst/gst.h>

#include "lib/gst/gsttorchenums.h"

G_BEGIN_DECLS

typedef struct _GstTorchAnalyzer GstTorchAnalyzer;
typedef struct _GstTorchAnalyzerClass GstTorchAnalyzerClass;

#define GST_TYPE_TORCH_ANALYZER (gst_torch_analyzer_get_type())
#define GST_TORCH_ANALYZER(object) ((GstTorchAnalyzer*)(object))
#define GST_TORCH_ANALYZER_CLASS(klass) ((GstTorchAnalyzerClass*)(klass))

struct _GstTorchAnalyzer {
  GstElement parent;
  gpointer impl;     /* gsttorch::Analyzer, owned */
  gpointer host;     /* gsttorch::AnalyzerHost: the same object */
  gpointer analysis; /* gsttorch::Analysis, owned by impl */
};

struct _GstTorchAnalyzerClass {
  GstElementClass parent_class;

  /* Makes the gsttorch::Analyzer of a new element, transfer full. A class between this one and the
   * element may make one of its own. The pads are made from the templates "sink" and "src", which
   * the element's class adds. */
  gpointer (*create_impl)(GstTorchAnalyzer* self, GstPad* sink, GstPad* src);
  /* Makes the gsttorch::Analysis of a new element, transfer full; called after create_impl. */
  gpointer (*create_analysis)(GstTorchAnalyzer* self);
};

GST_TORCH_API GType gst_torch_analyzer_get_type(void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GstTorchAnalyzer, gst_object_unref)

G_END_DECLS
