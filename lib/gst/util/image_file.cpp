// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/util/image_file.h"

#include <cstddef>
#include <filesystem>
#include <memory>

#include <glob.h>

#include <gst/video/video.h>

#include "lib/gst/util/image_header.h"
#include "lib/gst/util/ref.h"
#include "lib/gst/util/video_frame.h"

namespace gsttorch {
namespace {

constexpr GstClockTime kDecodeTimeout = 30 * GST_SECOND;

Error unreadable(const std::string& path, const std::string& why) {
  return {ErrorCode::Corrupt, "cannot read the reference image " + path + ": " + why};
}

// The decoding pipeline; the destructor stops it.
class Decoder {
 public:
  explicit Decoder(const std::string& path) {
    const std::string launch = "filesrc name=file ! " +
                               image_decoding_elements(read_image_header(path)) +
                               " ! fakesink name=sink sync=false enable-last-sample=true";
    GstElement* const made = gst_parse_launch(launch.c_str(), nullptr);
    if (!made) return;
    pipeline_ = Ref<GstElement>::adopt(GST_ELEMENT(gst_object_ref_sink(made)));
    const auto file = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "file"));
    g_object_set(file.get(), "location", path.c_str(), nullptr);
  }
  ~Decoder() {
    if (pipeline_) gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
  }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  /// The first frame, or null.
  Ref<GstSample> decode(const std::stop_token& stop) {
    if (!pipeline_) return {};
    gst_element_set_state(pipeline_.get(), GST_STATE_PAUSED);
    if (!is_prerolled(stop)) return {};
    const auto sink = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "sink"));
    GstSample* sample = nullptr;
    g_object_get(sink.get(), "last-sample", &sample, nullptr);
    return Ref<GstSample>::adopt(sample);
  }

 private:
  // A failed element reports that only on the bus; waiting for the state change would never end.
  // Cancellation is also posted there, to end the wait.
  bool is_prerolled(const std::stop_token& stop) {
    const auto bus = Ref<GstBus>::adopt(gst_element_get_bus(pipeline_.get()));
    const std::stop_callback wake(stop, [&bus] {
      gst_bus_post(bus.get(), gst_message_new_application(
                                  nullptr, gst_structure_new_empty("reference-cancelled")));
    });
    const auto message = Ref<GstMessage>::adopt(gst_bus_timed_pop_filtered(
        bus.get(), kDecodeTimeout,
        static_cast<GstMessageType>(GST_MESSAGE_ERROR | GST_MESSAGE_ASYNC_DONE | GST_MESSAGE_EOS |
                                    GST_MESSAGE_APPLICATION)));
    return message && GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ASYNC_DONE;
  }

  Ref<GstElement> pipeline_;
};

}  // namespace

ImageView ReferenceImage::view() const {
  ImageView view;
  view.format = PixelFormat::RGB;
  view.width = width;
  view.height = height;
  view.planes[0] = {rgb.data(), stride};
  return view;
}

Result<ReferenceImage> read_reference_image(const std::string& path, std::stop_token stop) {
  Decoder decoder(path);
  const Ref<GstSample> sample = decoder.decode(stop);
  if (stop.stop_requested()) return Error{ErrorCode::Cancelled, "cancelled"};
  GstVideoInfo info;
  if (!sample || !gst_video_info_from_caps(&info, gst_sample_get_caps(sample.get()))) {
    return unreadable(path, "it contains no image that GStreamer can decode");
  }
  const MappedFrame frame(info, gst_sample_get_buffer(sample.get()));
  if (!frame) return unreadable(path, "its pixels cannot be mapped");
  const ImageView view = frame.view();
  ReferenceImage image{path, view.width, view.height, view.planes[0].stride, {}};
  const std::ptrdiff_t rows = view.height - 1, row_bytes = std::ptrdiff_t{3} * view.width;
  image.rgb.assign(view.planes[0].data, view.planes[0].data + rows * image.stride + row_bytes);
  return image;
}

Result<std::vector<std::string>> reference_files(const std::string& pattern) {
  std::error_code failed;
  if (std::filesystem::is_regular_file(pattern, failed)) return std::vector<std::string>{pattern};
  glob_t found = {};
  const int status = ::glob(pattern.c_str(), 0, nullptr, &found);
  const std::unique_ptr<glob_t, void (*)(glob_t*)> owner(&found, ::globfree);
  std::vector<std::string> files;
  for (std::size_t i = 0; status == 0 && i < found.gl_pathc; i++) {
    if (std::filesystem::is_regular_file(found.gl_pathv[i], failed)) {
      files.emplace_back(found.gl_pathv[i]);
    }
  }
  if (files.empty())
    return Error{ErrorCode::NotFound, "cannot find a reference image: no file matches " + pattern};
  return files;
}

}  // namespace gsttorch
