// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#ifndef GST_TORCH_API
#define GST_TORCH_API __attribute__((visibility("default"))) extern
#endif

/**
 * GstTorchAttach:
 * @GST_TORCH_ATTACH_NONE: nothing
 * @GST_TORCH_ATTACH_SUMMARY: the numbers, without the arrays
 * @GST_TORCH_ATTACH_FULL: everything
 *
 * What a model element attaches to its buffers.
 */
typedef enum {
  GST_TORCH_ATTACH_NONE,
  GST_TORCH_ATTACH_SUMMARY,
  GST_TORCH_ATTACH_FULL,
} GstTorchAttach;

#define GST_TYPE_TORCH_ATTACH (gst_torch_attach_get_type())
GST_TORCH_API GType gst_torch_attach_get_type(void);

G_END_DECLS
