// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/support/image.h"

#include <cstring>

#include <gst/app/app.h>
#include <gst/video/video.h>

#include "lib/gst/util/ref.h"
#include "lib/gst/util/video_frame.h"
#include "tools/gst-torch/support/gst_support.h"
#include "tools/gst-torch/support/paths.h"

namespace gsttorch {
namespace {

constexpr GstClockTime kDecodeTimeout = 60 * GST_SECOND;

Result<Picture> decode_picture(const std::string& path) {
  auto pipeline = parse_pipeline(
      "filesrc name=file ! decodebin ! videoconvert ! video/x-raw,format=RGB ! "
      "appsink name=picture sync=false");
  if (!pipeline) return pipeline.error();
  g_object_set(pipeline->element("file").get(), "location", path.c_str(), nullptr);
  if (auto prerolled = pipeline->preroll(kDecodeTimeout); !prerolled) return prerolled.error();
  const auto sink = pipeline->element("picture");
  const auto sample = Ref<GstSample>::adopt(
      gst_app_sink_try_pull_preroll(GST_APP_SINK(sink.get()), kDecodeTimeout));
  if (!sample) return Error{ErrorCode::Corrupt, "there is no picture in it"};
  return copy_picture(gst_sample_get_buffer(sample.get()), gst_sample_get_caps(sample.get()));
}

}  // namespace

ImageView Picture::view() const {
  ImageView view;
  view.format = PixelFormat::RGB;
  view.width = width;
  view.height = height;
  view.planes[0] = {rgb.data(), std::ptrdiff_t{3} * width};
  return view;
}

Result<Picture> read_picture(const std::string& path) {
  if (auto readable = check_input_file(path); !readable) return readable.error();
  auto picture = decode_picture(path);
  if (!picture) {
    return Error{picture.error().code,
                 "cannot read the picture " + path + ": " + picture.error().message};
  }
  return picture;
}

Result<Picture> copy_picture(GstBuffer* buffer, GstCaps* caps) {
  GstVideoInfo info;
  if (!gst_video_info_from_caps(&info, caps)) {
    return Error{ErrorCode::Corrupt, "no picture size"};
  }
  const MappedFrame frame(info, buffer);
  if (!frame) return Error{ErrorCode::Failed, "cannot map the picture"};
  const ImageView view = frame.view();
  Picture picture{view.width, view.height, {}};
  const std::size_t row_bytes = std::size_t{3} * static_cast<std::size_t>(view.width);
  picture.rgb.resize(row_bytes * static_cast<std::size_t>(view.height));
  for (int y = 0; y < view.height; y++) {
    std::memcpy(picture.rgb.data() + row_bytes * static_cast<std::size_t>(y),
                view.planes[0].data + view.planes[0].stride * y, row_bytes);
  }
  return picture;
}

namespace {

Result<void> write_encoded(const std::string& path, const Picture& picture,
                           const std::string& encoder) {
  auto pipeline = parse_pipeline("appsrc name=picture format=time ! videoconvert ! " + encoder +
                                 " ! filesink name=file");
  if (!pipeline) return pipeline.error();
  g_object_set(pipeline->element("file").get(), "location", path.c_str(), nullptr);
  const auto source = pipeline->element("picture");
  const auto caps = Ref<GstCaps>::adopt(gst_caps_new_simple(
      "video/x-raw", "format", G_TYPE_STRING, "RGB", "width", G_TYPE_INT, picture.width, "height",
      G_TYPE_INT, picture.height, "framerate", GST_TYPE_FRACTION, 0, 1, nullptr));
  gst_app_src_set_caps(GST_APP_SRC(source.get()), caps.get());

  GstVideoInfo info;  // GStreamer pads rows to four bytes
  gst_video_info_from_caps(&info, caps.get());
  auto buffer = Ref<GstBuffer>::adopt(gst_buffer_new_allocate(nullptr, info.size, nullptr));
  const gsize row_bytes = gsize{3} * static_cast<gsize>(picture.width);
  for (int y = 0; y < picture.height; y++) {
    gst_buffer_fill(buffer.get(), static_cast<gsize>(GST_VIDEO_INFO_PLANE_STRIDE(&info, 0)) * y,
                    picture.rgb.data() + row_bytes * static_cast<gsize>(y), row_bytes);
  }
  GST_BUFFER_PTS(buffer.get()) = 0;
  gst_app_src_push_buffer(GST_APP_SRC(source.get()), buffer.release());
  gst_app_src_end_of_stream(GST_APP_SRC(source.get()));
  if (auto written = pipeline->run_to_end(); !written) {
    return Error{written.error().code, "cannot write " + path + ": " + written.error().message};
  }
  return {};
}

}  // namespace

Result<void> write_png(const std::string& path, const Picture& picture) {
  return write_encoded(path, picture, "pngenc snapshot=true");
}

Result<void> write_picture(const std::string& path, const Picture& picture) {
  const bool is_jpeg = path.ends_with(".jpg") || path.ends_with(".jpeg");
  return is_jpeg ? write_encoded(path, picture, "jpegenc quality=90 snapshot=true")
                 : write_png(path, picture);
}

}  // namespace gsttorch
