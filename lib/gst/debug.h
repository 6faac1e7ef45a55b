// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <gst/gst.h>

GST_DEBUG_CATEGORY_EXTERN(gst_torch_analyzer_debug);
#define GST_CAT_DEFAULT gst_torch_analyzer_debug
