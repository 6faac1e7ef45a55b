// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <gst/base/gstbasetransform.h>

G_BEGIN_DECLS

#define GST_TYPE_ANALYSIS_WRITER (gst_analysis_writer_get_type())
G_DECLARE_FINAL_TYPE(GstAnalysisWriter, gst_analysis_writer, GST, ANALYSIS_WRITER, GstBaseTransform)

GST_ELEMENT_REGISTER_DECLARE(analysiswriter)

G_END_DECLS
