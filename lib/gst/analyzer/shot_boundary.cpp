// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/analyzer/shot_boundary.h"

#include "lib/gst/util/enum_nick.h"

namespace gsttorch {
namespace {

// The one field that matters here, as anyone may have set it.
GstTorchShotBoundary boundary_of(GstCustomMeta* meta) {
  const gchar* nick = gst_structure_get_string(gst_custom_meta_get_structure(meta), "boundary");
  if (!nick) return GST_TORCH_SHOT_BOUNDARY_NONE;
  return static_cast<GstTorchShotBoundary>(enum_value(GST_TYPE_TORCH_SHOT_BOUNDARY, nick));
}

}  // namespace

GstTorchShotBoundary shot_boundary(GstBuffer* buffer) {
  GstTorchShotBoundary found = GST_TORCH_SHOT_BOUNDARY_NONE;
  gpointer state = nullptr;
  while (GstCustomMeta* meta = gst_buffer_iterate_torch_shot_meta(buffer, &state)) {
    found = stronger(found, boundary_of(meta));
  }
  return found;
}

}  // namespace gsttorch
