// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <gst/gst.h>

#include "config.h"
#include "gst/loftrmatch/gstloftrmatch.h"
#include "gst/raftflow/gstraftflow.h"
#include "gst/scenedetect/gstscenedetect.h"

static gboolean plugin_init(GstPlugin* plugin) {
  const bool flow = GST_ELEMENT_REGISTER(raftflow, plugin);
  const bool shots = GST_ELEMENT_REGISTER(scenedetect, plugin);
  const bool matches = GST_ELEMENT_REGISTER(loftrmatch, plugin);
  return flow && shots && matches;
}

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, torch,
                  "Elements that analyze video with neural networks", plugin_init, VERSION,
                  GST_LICENSE, GST_PACKAGE_NAME, GST_PACKAGE_ORIGIN)
