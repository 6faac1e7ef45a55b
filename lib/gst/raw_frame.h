// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <gst/gst.h>

namespace gsttorch {

/// Whether a buffer that `from`'s metas are copied to holds a raw frame of that size, rather than
/// one that was encoded: an encoder copies metas like every other element, and nothing else tells
/// a meta which of the two it will be on.
bool is_raw_frame(GstBuffer* to, GstBuffer* from, guint width, guint height);

}  // namespace gsttorch
