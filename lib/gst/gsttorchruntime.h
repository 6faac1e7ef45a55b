// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
/**
 * SECTION:gsttorchruntime
 * @title: GstTorchRuntime
 * @short_description: what all model elements of a process share
 *
 * Model elements share one runtime: a model's weights are loaded once however many elements and
 * pipelines use it, and all inference of a device goes through the same few threads. Elements that
 * were given the same context, those of one pipeline usually, also convert a frame once.
 *
 * Applications need not know it. One that wants to bound the memory, keep models loaded between
 * pipelines, or read the statistics, takes it with gst_torch_runtime_get() and keeps the reference.
 *
 * Elements hand it to each other as a #GstContext of type %GST_TORCH_RUNTIME_CONTEXT_TYPE
 * ("gst.torch.context", field "runtime").
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
 * Type of the #GstContext that carries the runtime.
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
