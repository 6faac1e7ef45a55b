// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/scenes/frame_reader.h"

#include <algorithm>

#include "tools/gst-torch/support/gst_support.h"

namespace gsttorch {
namespace {

// Frames that are not wanted are dropped before they cost a conversion.
struct Reading {
  const std::vector<std::uint64_t>& numbers;
  const std::function<Result<void>(std::uint64_t, const Image&)>& take;
  std::uint64_t played = 0;
  std::size_t taken = 0;
  std::optional<Error> error;
};

GstPadProbeReturn drop_unwanted(GstPad*, GstPadProbeInfo*, gpointer data) {
  auto& reading = *static_cast<Reading*>(data);
  const auto& numbers = reading.numbers;
  const bool is_wanted = std::binary_search(numbers.begin(), numbers.end(), reading.played++);
  return is_wanted ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
}

GstPadProbeReturn store_frame(GstPad* pad, GstPadProbeInfo* info, gpointer data) {
  auto& reading = *static_cast<Reading*>(data);
  if (reading.error || reading.taken == reading.numbers.size()) return GST_PAD_PROBE_OK;
  const auto caps = Ref<GstCaps>::adopt(gst_pad_get_current_caps(pad));
  const auto image = copy_image(GST_PAD_PROBE_INFO_BUFFER(info), caps.get());
  const auto done = image ? reading.take(reading.numbers[reading.taken++], *image) : image.error();
  if (!done) reading.error = done.error();
  return GST_PAD_PROBE_OK;
}

void add_probe(const Pipeline& pipeline, const char* element, GstPadProbeCallback callback,
               Reading& reading) {
  const auto pad =
      Ref<GstPad>::adopt(gst_element_get_static_pad(pipeline.element(element).get(), "sink"));
  gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, callback, &reading, nullptr);
}

}  // namespace

Result<void> read_frames(const FrameRequest& request, const std::vector<std::uint64_t>& numbers,
                         const std::function<Result<void>(std::uint64_t, const Image&)>& take) {
  auto pipeline =
      parse_pipeline(decoding_launch(request.source) +
                     " ! videoscale name=frames ! video/x-raw,pixel-aspect-ratio=1/1,width=" +
                     std::to_string(request.width) +
                     " ! videoconvert ! video/x-raw,format=RGB ! fakesink name=sink");
  if (!pipeline) return pipeline.error();
  g_object_set(pipeline->element("source").get(), "location", request.video.c_str(), nullptr);
  Reading reading{numbers, take, 0, 0, std::nullopt};
  add_probe(*pipeline, "frames", drop_unwanted, reading);
  add_probe(*pipeline, "sink", store_frame, reading);
  const auto done = pipeline->run_unless_interrupted();
  pipeline->stop();  // no probe runs after this
  if (reading.error) return *reading.error;
  if (!done) return done.error();
  if (reading.taken == numbers.size()) return {};
  return Error{ErrorCode::Failed, "frame " + std::to_string(numbers[reading.taken] + 1) + " of " +
                                      request.video + " could not be decoded a second time"};
}

}  // namespace gsttorch
