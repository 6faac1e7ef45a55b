// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
//
// All uses of gstcuda, whose API may change with every release of GStreamer.
#include "lib/gst/cuda/entry.h"

#include <map>
#include <mutex>

#include <gst/cuda/gstcudacontext.h>
#include <gst/cuda/gstcudaloader.h>
#include <gst/cuda/gstcudautils.h>

#include "lib/gst/util/ref.h"

namespace gsttorch {
namespace {

// Elements compare the context objects, not what they wrap, so there is one object per device as
// long as it is in use. The pointer is weak, because the object must not outlive the pipelines.
class WeakContext {
 public:
  WeakContext() { g_weak_ref_init(&weak_, nullptr); }
  ~WeakContext() { g_weak_ref_clear(&weak_); }
  WeakContext(const WeakContext&) = delete;
  WeakContext& operator=(const WeakContext&) = delete;

  Ref<GstCudaContext> get() {
    return Ref<GstCudaContext>::adopt(static_cast<GstCudaContext*>(g_weak_ref_get(&weak_)));
  }
  void set(GstCudaContext* context) { g_weak_ref_set(&weak_, context); }

 private:
  GWeakRef weak_;
};

Ref<GstCudaContext> wrapped(void* primary_context, int device) {
  static std::mutex mutex;
  static auto& contexts = *new std::map<int, WeakContext>;  // leaked: threads may outlive it
  const std::lock_guard lock(mutex);
  WeakContext& known = contexts[device];
  if (auto context = known.get()) return context;
  auto context = Ref<GstCudaContext>::adopt(
      gst_cuda_context_new_wrapped(static_cast<CUcontext>(primary_context), device));
  if (context) known.set(context.get());
  return context;
}

}  // namespace
}  // namespace gsttorch

extern "C" __attribute__((visibility("default"))) GstContext* gsttorch_gstcuda_1(
    void* primary_context, int device, const char** problem) {
  if (!gst_cuda_load_library()) {
    *problem = "gstcuda does not support this NVIDIA driver";
    return nullptr;
  }
  const auto context = gsttorch::wrapped(primary_context, device);
  if (context) return gst_context_new_cuda_context(context.get());
  *problem = "gstcuda does not take the context of the device";
  return nullptr;
}
