// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/util/video_frame.h"

#include <cstddef>
#include <stdexcept>
#include <string>

namespace gsttorch {
namespace {

PixelFormat pixel_format(GstVideoFormat format) {
  switch (format) {
    case GST_VIDEO_FORMAT_NV12:
      return PixelFormat::NV12;
    case GST_VIDEO_FORMAT_I420:
      return PixelFormat::I420;
    case GST_VIDEO_FORMAT_Y42B:
      return PixelFormat::Y42B;
    case GST_VIDEO_FORMAT_Y444:
      return PixelFormat::Y444;
    case GST_VIDEO_FORMAT_YUY2:
      return PixelFormat::YUY2;
    case GST_VIDEO_FORMAT_UYVY:
      return PixelFormat::UYVY;
    case GST_VIDEO_FORMAT_I420_10LE:
      return PixelFormat::I420_10LE;
    case GST_VIDEO_FORMAT_P010_10LE:
      return PixelFormat::P010_10LE;
    case GST_VIDEO_FORMAT_RGB:
      return PixelFormat::RGB;
    case GST_VIDEO_FORMAT_BGR:
      return PixelFormat::BGR;
    case GST_VIDEO_FORMAT_RGBx:
      return PixelFormat::RGBx;
    case GST_VIDEO_FORMAT_BGRx:
      return PixelFormat::BGRx;
    case GST_VIDEO_FORMAT_RGBA:
      return PixelFormat::RGBA;
    case GST_VIDEO_FORMAT_BGRA:
      return PixelFormat::BGRA;
    case GST_VIDEO_FORMAT_GRAY8:
      return PixelFormat::GRAY8;
    default:
      throw std::invalid_argument(std::string("video format ") +
                                  gst_video_format_to_string(format) + " is not supported");
  }
}

ColorEncoding color_encoding(const GstVideoInfo& info) {
  ColorEncoding color;
  double kr = 0, kb = 0;
  if (gst_video_color_matrix_get_Kr_Kb(info.colorimetry.matrix, &kr, &kb)) {
    color.kr = kr;
    color.kb = kb;
  }
  color.full_range = info.colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255;
  return color;
}

// Address of a part in a plane: that of the plane's first component; its other components are next
// to it.
const std::uint8_t* plane_at(const GstVideoFrame& frame, guint plane, const VideoRectangle& part) {
  const GstVideoFormatInfo* format = frame.info.finfo;
  const auto* data = static_cast<const std::uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, plane));
  guint component = 0;
  while (GST_VIDEO_FORMAT_INFO_PLANE(format, component) != plane) component++;
  const std::ptrdiff_t x = part.x >> GST_VIDEO_FORMAT_INFO_W_SUB(format, component);
  const std::ptrdiff_t y = part.y >> GST_VIDEO_FORMAT_INFO_H_SUB(format, component);
  return data + y * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, plane) +
         x * GST_VIDEO_FORMAT_INFO_PSTRIDE(format, component);
}

bool interleaves_shared_chroma(GstVideoFormat format) {
  return format == GST_VIDEO_FORMAT_YUY2 || format == GST_VIDEO_FORMAT_UYVY;
}

}  // namespace

MappedFrame::MappedFrame(const GstVideoInfo& info, GstBuffer* buffer)
    : visible_(visible_part(buffer, info)),
      mapped_(gst_video_frame_map(&frame_, &info, buffer, GST_MAP_READ)) {}

MappedFrame::~MappedFrame() {
  if (mapped_) gst_video_frame_unmap(&frame_);
}

ImageView MappedFrame::view() const {
  const VideoRectangle& part = visible_;
  ImageView view;
  view.format = pixel_format(GST_VIDEO_FRAME_FORMAT(&frame_));
  view.color = color_encoding(frame_.info);
  if (part.x < 0 || part.y < 0 || part.width > GST_VIDEO_FRAME_WIDTH(&frame_) - part.x ||
      part.height > GST_VIDEO_FRAME_HEIGHT(&frame_) - part.y) {
    return view;
  }
  view.width = part.width;
  view.height = part.height;
  VideoRectangle from = part;
  if (interleaves_shared_chroma(GST_VIDEO_FRAME_FORMAT(&frame_))) from.x &= ~1;
  for (guint i = 0; i < GST_VIDEO_FRAME_N_PLANES(&frame_); i++) {
    view.planes[i] = {plane_at(frame_, i, from), GST_VIDEO_FRAME_PLANE_STRIDE(&frame_, i)};
  }
  return view;
}

}  // namespace gsttorch
