// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <gst/torch/gsttorch.h>

// Reads the flow of a buffer that has none.
int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  GstBuffer* buffer = gst_buffer_new();
  const gboolean found = gst_buffer_get_torch_flow_meta(buffer, NULL) != NULL;
  gst_buffer_unref(buffer);
  g_print("flow: %s\n", found ? "yes" : "no");
  return found;
}
