// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <gst/base/gstbasetransform.h>

G_BEGIN_DECLS

#define GST_TYPE_PERF_METER (gst_perf_meter_get_type())
G_DECLARE_FINAL_TYPE(GstPerfMeter, gst_perf_meter, GST, PERF_METER, GstBaseTransform)

GST_ELEMENT_REGISTER_DECLARE(perfmeter)

G_END_DECLS
