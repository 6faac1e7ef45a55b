// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
/// Log lines of the files that include this go to the element's category, "analysisoverlay".
#pragma once

#include <gst/gst.h>

GST_DEBUG_CATEGORY_EXTERN(analysis_overlay_debug);
#define GST_CAT_DEFAULT analysis_overlay_debug
