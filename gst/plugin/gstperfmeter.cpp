// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/perfmeter/gstperfmeter.h"

#include <gst/gst.h>

#include "config.h"

static gboolean plugin_init(GstPlugin* plugin) { return GST_ELEMENT_REGISTER(perfmeter, plugin); }

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, perfmeter,
                  "Measures streams, elements and the process", plugin_init, VERSION, GST_LICENSE,
                  GST_PACKAGE_NAME, GST_PACKAGE_ORIGIN)
