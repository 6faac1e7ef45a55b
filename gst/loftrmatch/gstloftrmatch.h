// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include "lib/gst/model_analyzer/gsttorchmodelanalyzer.h"

G_BEGIN_DECLS

#define GST_TYPE_LOFTR_MATCH (gst_loftr_match_get_type())
G_DECLARE_FINAL_TYPE(GstLoftrMatch, gst_loftr_match, GST, LOFTR_MATCH, GstTorchModelAnalyzer)
GST_ELEMENT_REGISTER_DECLARE(loftrmatch)

G_END_DECLS
