// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include <gst/gst.h>

#include "lib/base/result.h"
#include "lib/gst/util/ref.h"

namespace gsttorch {

/// GStreamer's context type for CUDA (context types are strings).
constexpr char kCudaContextType[] = "gst.cuda.context";

/// Returns the context in which LibTorch uses a device, in the form that GStreamer's CUDA elements
/// expect. A decoder that gets it writes its images where LibTorch can read them, and the device
/// has one context instead of two. Loads libgsttorch-gstcuda.so (found like the engine; environment
/// variable GST_TORCH_GSTCUDA_LIBRARY) and with it gstcuda. Thread-safe.
Result<Ref<GstContext>> cuda_context(int device);

/// The file of that library, or an error with the reason if there is none. Loads nothing.
Result<std::string> cuda_context_library();

/// Answers a CONTEXT query for kCudaContextType; returns whether the query was one.
bool answer_cuda_query(GstQuery* query, GstContext* context);

/// Sets the context on the element and its parent bins, which set it on children that ask for it
/// (NEED_CONTEXT) or are added later. Upstream elements that opened earlier already have their own
/// context; the query reaches them in time, because elements open from the sink upwards.
void share_cuda_context(GstElement* element, GstContext* context);

}  // namespace gsttorch
