// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/cuda_context.h"

#include "lib/base/runtime_library.h"
#include "lib/device/primary_context.h"
#include "lib/gst/cuda/entry.h"

namespace gsttorch {
namespace {

constexpr RuntimeLibrary kLibrary{
    "libgsttorch-gstcuda.so", "GST_TORCH_GSTCUDA_LIBRARY", GSTTORCH_GSTCUDA_ENTRY,
    "build it with the CUDA toolkit and gstreamer-cuda-1.0 (tools/setup gets both)"};

}  // namespace

Result<std::string> cuda_context_library() { return find_runtime_library(kLibrary); }

Result<Ref<GstContext>> cuda_context(int device) {
  const auto entry = open_runtime_library(kLibrary);
  if (!entry) return entry.error();
  const auto primary = PrimaryContext::of(device);
  if (!primary) return primary.error();
  const char* problem = "";
  const auto wrap = reinterpret_cast<GstCudaEntry>(*entry);
  if (GstContext* context = wrap(primary->handle(), device, &problem)) {
    return Ref<GstContext>::adopt(context);
  }
  return Error{ErrorCode::DeviceUnavailable,
               "cuda:" + std::to_string(device) + " cannot be shared with GStreamer: " + problem};
}

bool answer_cuda_query(GstQuery* query, GstContext* context) {
  const gchar* type = nullptr;
  if (GST_QUERY_TYPE(query) != GST_QUERY_CONTEXT) return false;
  if (!gst_query_parse_context_type(query, &type) || g_strcmp0(type, kCudaContextType) != 0) {
    return false;
  }
  gst_query_set_context(query, context);
  return true;
}

void share_cuda_context(GstElement* element, GstContext* context) {
  gst_element_set_context(element, context);
  gst_element_post_message(
      element, gst_message_new_have_context(GST_OBJECT(element), gst_context_ref(context)));
}

}  // namespace gsttorch
