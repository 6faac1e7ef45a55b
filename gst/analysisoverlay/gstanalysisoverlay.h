// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <gst/video/gstvideofilter.h>

G_BEGIN_DECLS

#define GST_TYPE_ANALYSIS_OVERLAY (gst_analysis_overlay_get_type())
G_DECLARE_FINAL_TYPE(GstAnalysisOverlay, gst_analysis_overlay, GST, ANALYSIS_OVERLAY,
                     GstVideoFilter)

GST_ELEMENT_REGISTER_DECLARE(analysisoverlay)

G_END_DECLS
