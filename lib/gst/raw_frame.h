// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <gst/gst.h>

namespace gsttorch {

/// Whether a buffer that `from`'s metas are copied to contains a raw frame of that size, not an
/// encoded one. Encoders copy metas like all other elements, and a meta has no other way to
/// distinguish the two.
bool is_raw_frame(GstBuffer* to, GstBuffer* from, guint width, guint height);

}  // namespace gsttorch
