// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
/// Log lines of the files that include this go to the element's category, "perfmeter".
#pragma once

#include <gst/gst.h>

GST_DEBUG_CATEGORY_EXTERN(perf_meter_debug);
#define GST_CAT_DEFAULT perf_meter_debug
