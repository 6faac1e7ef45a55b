// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include <gst/gst.h>

#include "lib/base/result.h"
#include "lib/gst/util/ref.h"

namespace gsttorch {

/// Context types are strings; this is GStreamer's own for CUDA.
constexpr char kCudaContextType[] = "gst.cuda.context";

/// The context in which LibTorch works on a device, as GStreamer's CUDA elements take it: a decoder
/// that is given it writes its images where LibTorch can read them, and the device holds one
/// context instead of two. Loads libgsttorch-gstcuda.so (looked for as the engine is; the
/// environment variable is GST_TORCH_GSTCUDA_LIBRARY) and with it gstcuda. Thread-safe.
Result<Ref<GstContext>> cuda_context(int device);

/// The file of that library, or why there is none. Loads nothing.
Result<std::string> cuda_context_library();

/// Answers a CONTEXT query for kCudaContextType: true if it was one.
bool answer_cuda_query(GstQuery* query, GstContext* context);

/// Gives the context to the element and to the bins around it, which hand it to those in them that
/// ask for it (NEED_CONTEXT) or are added later. An element upstream that was opened before has one
/// of its own by then: what reaches it in time is the query, since elements open from the sink up.
void share_cuda_context(GstElement* element, GstContext* context);

}  // namespace gsttorch
