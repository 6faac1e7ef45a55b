// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
/**
 * SECTION:gsttorchruntime
 * @title: GstTorchRuntime
 * @short_description: state that all model elements of a process share
 *
 * Model elements share one runtime. It loads a model's weights once for all elements and pipelines,
 * and a few threads run all inference of a device. Elements with the same context, usually those of
 * one pipeline, also convert a frame only once.
 *
 * Applications need not use it. To limit the memory, to keep models loaded between pipelines, or to
 * read the statistics, get it with gst_torch_runtime_get() and keep the reference.
 *
 * Elements share it as a #GstContext of type %GST_TORCH_RUNTIME_CONTEXT_TYPE ("gst.torch.context",
 * field "runtime").
 */
#pragma once

#include <gst/video/video.h>

G_BEGIN_DECLS

#ifndef GST_TORCH_API
#define GST_TORCH_API __attribute__((visibility("default"))) extern
#endif

/**
 * GST_TORCH_RUNTIME_CONTEXT_TYPE:
 *
 * Type of the #GstContext that contains the runtime.
 */
#define GST_TORCH_RUNTIME_CONTEXT_TYPE "gst.torch.context"

typedef struct _GstTorchRuntime GstTorchRuntime;
typedef struct _GstTorchRuntimeClass GstTorchRuntimeClass;

#define GST_TYPE_TORCH_RUNTIME (gst_torch_runtime_get_type())
#define GST_TORCH_RUNTIME(object) \
  (G_TYPE_CHECK_INSTANCE_CAST((object), GST_TYPE_TORCH_RUNTIME, GstTorchRuntime))
#define GST_IS_TORCH_RUNTIME(object) (G_TYPE_CHECK_INSTANCE_TYPE((object), GST_TYPE_TORCH_RUNTIME))

GST_TORCH_API GType gst_torch_runtime_get_type(void);
GST_TORCH_API GstTorchRuntime* gst_torch_runtime_get(void);
GST_TORCH_API void gst_torch_runtime_trim(GstTorchRuntime* runtime);

GST_TORCH_API GstContext* gst_context_new_torch_runtime(GstTorchRuntime* runtime);
GST_TORCH_API GstTorchRuntime* gst_context_get_torch_runtime(GstContext* context);

GST_TORCH_API void gst_buffer_add_torch_frame_meta(GstBuffer* buffer, const GstVideoInfo* info);

GST_TORCH_API void gst_torch_ensure_element_runtime(GstElement* element, GstTorchRuntime** runtime);
GST_TORCH_API gboolean gst_torch_handle_set_context(GstContext* context, GstTorchRuntime** runtime);
GST_TORCH_API gboolean gst_torch_handle_context_query(GstElement* element, GstQuery* query);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GstTorchRuntime, gst_object_unref)

G_END_DECLS
