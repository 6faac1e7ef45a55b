// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include "lib/gst/model_analyzer/gsttorchmodelanalyzer.h"

G_BEGIN_DECLS

#define GST_TYPE_RAFT_FLOW (gst_raft_flow_get_type())
G_DECLARE_FINAL_TYPE(GstRaftFlow, gst_raft_flow, GST, RAFT_FLOW, GstTorchModelAnalyzer)

GST_ELEMENT_REGISTER_DECLARE(raftflow)

G_END_DECLS
