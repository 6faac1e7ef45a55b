// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors

// Run by test_leaks.py under GStreamer's leak tracer. Takes a pipeline with two model elements ten
// times from NULL to PLAYING and back, every other time before EOS. Prints what the runtime
// counted.
//
//   cycles [leak]   with `leak`, one buffer is leaked on purpose
#include <cstdio>
#include <cstring>

#include "lib/gst/gsttorchruntime.h"
#include "lib/gst/util/ref.h"
#include "tests/support/gst_pipeline.h"
#include "tests/support/small_model.h"

namespace gsttorch {
namespace {

constexpr int kCycles = 10;

guint64 stat(GstTorchRuntime* runtime, const char* field) {
  GstStructure* stats = nullptr;
  g_object_get(runtime, "stats", &stats, nullptr);
  guint64 value = G_MAXUINT64;
  gst_structure_get_uint64(stats, field, &value);
  gst_structure_free(stats);
  return value;
}

Ref<GstElement> make_pipeline() {
  const std::string flow = "raftflow iterations=2 model=" + small_flow_model();
  const std::string launch_line =
      "videotestsrc num-buffers=8 ! video/x-raw,width=64,height=48,format=I420,framerate=25/1 ! "
      "tee name=t t. ! queue ! " +
      flow + " batch-size=2 ! queue ! fakesink t. ! queue ! " + flow + " lag=2 ! queue ! fakesink";
  GError* failure = nullptr;
  GstElement* pipeline = gst_parse_launch(launch_line.c_str(), &failure);
  if (failure) g_error("%s", failure->message);
  return Ref<GstElement>::adopt(GST_ELEMENT(gst_object_ref_sink(pipeline)));
}

bool play(GstElement* pipeline, bool to_its_end) {
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  const auto bus = Ref<GstBus>::adopt(gst_element_get_bus(pipeline));
  const auto awaited = static_cast<GstMessageType>(
      GST_MESSAGE_ERROR | (to_its_end ? GST_MESSAGE_EOS : GST_MESSAGE_ASYNC_DONE));
  GstMessage* message = gst_bus_timed_pop_filtered(bus.get(), 60 * GST_SECOND, awaited);
  const bool is_well = message && GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR;
  if (message) gst_message_unref(message);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  return is_well;
}

int run(bool leak) {
  const auto runtime = Ref<GstTorchRuntime>::adopt(gst_torch_runtime_get());
  {
    const auto pipeline = make_pipeline();
    for (int cycle = 0; cycle < kCycles; cycle++) {
      if (!play(pipeline.get(), cycle % 2 == 0)) return 1;
    }
  }
  if (leak) gst_buffer_new_allocate(nullptr, 16, nullptr);
  std::printf("loads %d\n", static_cast<int>(stat(runtime.get(), "loads")));
  std::printf("tensors within the grace time %d\n",
              static_cast<int>(stat(runtime.get(), "tensors")));
  gst_torch_runtime_trim(runtime.get());
  std::printf("tensors %d\n", static_cast<int>(stat(runtime.get(), "tensors")));
  return 0;
}

}  // namespace
}  // namespace gsttorch

int main(int argc, char** argv) {
  gst_init(nullptr, nullptr);
  const int result = gsttorch::run(argc > 1 && std::strcmp(argv[1], "leak") == 0);
  gst_deinit();
  return result;
}
