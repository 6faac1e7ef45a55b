// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/support/image.h"

#include <cstdio>
#include <cstring>

#include <gst/app/app.h>
#include <gst/video/video.h>

#include "lib/formats/output_file.h"
#include "lib/gst/util/image_header.h"
#include "lib/gst/util/ref.h"
#include "lib/gst/util/video_frame.h"
#include "tools/gst-torch/support/gst_support.h"
#include "tools/gst-torch/support/media_probe.h"
#include "tools/gst-torch/support/paths.h"

namespace gsttorch {
namespace {

constexpr GstClockTime kDecodeTimeout = 60 * GST_SECOND;

Result<Image> decode_image(const std::string& path, const ImageHeader& header) {
  auto pipeline = parse_pipeline("filesrc name=file ! " + image_decoding_elements(header) +
                                 " ! appsink name=image sync=false");
  if (!pipeline) return pipeline.error();
  g_object_set(pipeline->element("file").get(), "location", path.c_str(), nullptr);
  if (auto prerolled = pipeline->preroll(kDecodeTimeout); !prerolled) return prerolled.error();
  const auto sink = pipeline->element("image");
  const auto sample = Ref<GstSample>::adopt(
      gst_app_sink_try_pull_preroll(GST_APP_SINK(sink.get()), kDecodeTimeout));
  if (!sample) return Error{ErrorCode::Corrupt, "it contains no image"};
  return copy_image(gst_sample_get_buffer(sample.get()), gst_sample_get_caps(sample.get()));
}

}  // namespace

ImageView Image::view() const {
  ImageView view;
  view.format = PixelFormat::RGB;
  view.width = width;
  view.height = height;
  view.planes[0] = {rgb.data(), std::ptrdiff_t{3} * width};
  return view;
}

Result<Image> read_image(const std::string& path) {
  if (auto readable = check_input_file(path); !readable) return readable.error();
  const ImageHeader header = read_image_header(path);
  auto image = decode_image(path, header);
  if (!image) {
    const Error error = explain_image_error(path, image.error());
    return Error{error.code, "cannot read the image " + path + ": " + error.message};
  }
  if (header.is_truncated) {
    std::fprintf(stderr, "gst-torch: warning: %s is truncated: a part of the image is missing\n",
                 path.c_str());
  }
  return image;
}

Result<Image> copy_image(GstBuffer* buffer, GstCaps* caps) {
  GstVideoInfo info;
  if (!gst_video_info_from_caps(&info, caps)) {
    return Error{ErrorCode::Corrupt, "no image size"};
  }
  const MappedFrame frame(info, buffer);
  if (!frame) return Error{ErrorCode::Failed, "cannot map the image"};
  const ImageView view = frame.view();
  Image image{view.width, view.height, {}};
  const std::size_t row_bytes = std::size_t{3} * static_cast<std::size_t>(view.width);
  image.rgb.resize(row_bytes * static_cast<std::size_t>(view.height));
  for (int y = 0; y < view.height; y++) {
    std::memcpy(image.rgb.data() + row_bytes * static_cast<std::size_t>(y),
                view.planes[0].data + view.planes[0].stride * y, row_bytes);
  }
  return image;
}

Image flow_image(const FlowView& flow, const FlowColoring& coloring) {
  Image image{flow.width, flow.height, {}};
  const std::ptrdiff_t stride = std::ptrdiff_t{3} * flow.width;
  image.rgb.resize(static_cast<std::size_t>(stride * flow.height));
  color_flow(flow, coloring, image.rgb.data(), stride);
  return image;
}

// JPEG has the full range of luma, which jpegenc takes for granted, and to which videoconvert
// brings only RGB.
std::string jpeg_elements(int quality) {
  return "videoconvert ! video/x-raw,format=RGB ! videoconvert ! video/x-raw,colorimetry=1:4:0:0 ! "
         "jpegenc quality=" +
         std::to_string(quality);
}

namespace {

// GStreamer pads rows to four bytes.
Ref<GstBuffer> to_buffer(const Image& image, GstCaps* caps) {
  GstVideoInfo info;
  gst_video_info_from_caps(&info, caps);
  auto buffer = Ref<GstBuffer>::adopt(gst_buffer_new_allocate(nullptr, info.size, nullptr));
  const gsize row_bytes = gsize{3} * static_cast<gsize>(image.width);
  for (int y = 0; y < image.height; y++) {
    gst_buffer_fill(buffer.get(), static_cast<gsize>(GST_VIDEO_INFO_PLANE_STRIDE(&info, 0)) * y,
                    image.rgb.data() + row_bytes * static_cast<gsize>(y), row_bytes);
  }
  GST_BUFFER_PTS(buffer.get()) = 0;
  return buffer;
}

}  // namespace

Result<std::string> encode(const Image& image, const std::string& elements) {
  auto pipeline = parse_pipeline("appsrc name=image format=time ! " + elements +
                                 " ! appsink name=file sync=false");
  if (!pipeline) return pipeline.error();
  const auto source = pipeline->element("image"), sink = pipeline->element("file");
  const auto caps = Ref<GstCaps>::adopt(gst_caps_new_simple(
      "video/x-raw", "format", G_TYPE_STRING, "RGB", "width", G_TYPE_INT, image.width, "height",
      G_TYPE_INT, image.height, "framerate", GST_TYPE_FRACTION, 0, 1, nullptr));
  gst_app_src_set_caps(GST_APP_SRC(source.get()), caps.get());
  gst_app_src_push_buffer(GST_APP_SRC(source.get()), to_buffer(image, caps.get()).release());
  gst_app_src_end_of_stream(GST_APP_SRC(source.get()));
  if (auto done = pipeline->preroll(GST_CLOCK_TIME_NONE); !done) return done.error();
  const auto sample = Ref<GstSample>::adopt(gst_app_sink_pull_preroll(GST_APP_SINK(sink.get())));
  if (!sample) return Error{ErrorCode::Failed, "no image came"};
  return bytes_of(sample.get());
}

namespace {

Result<void> write_encoded(const std::string& path, const Result<std::string>& file) {
  if (file) return write_whole_file(path, *file);
  return Error{file.error().code, "cannot write " + path + ": " + file.error().message};
}

Result<std::string> encode_png(const Image& image) {
  return encode(image, "videoconvert ! pngenc snapshot=true");
}

}  // namespace

Result<std::string> encode_image(const std::string& path, const Image& image) {
  const bool is_jpeg = path.ends_with(".jpg") || path.ends_with(".jpeg");
  return is_jpeg ? encode(image, jpeg_elements(90) + " snapshot=true") : encode_png(image);
}

Result<void> write_image(const std::string& path, const Image& image) {
  return write_encoded(path, encode_image(path, image));
}

Result<void> write_png(const std::string& path, const Image& image) {
  return write_encoded(path, encode_png(image));
}

}  // namespace gsttorch
