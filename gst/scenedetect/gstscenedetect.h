// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include "lib/gst/model_analyzer/gsttorchmodelanalyzer.h"

G_BEGIN_DECLS

#define GST_TYPE_SCENE_DETECT (gst_scene_detect_get_type())
G_DECLARE_FINAL_TYPE(GstSceneDetect, gst_scene_detect, GST, SCENE_DETECT, GstTorchModelAnalyzer)

GST_ELEMENT_REGISTER_DECLARE(scenedetect)

G_END_DECLS
