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

// Null: near enough to BT.709's, which differ by less than cameras do.
const char* other_transfer(GstVideoTransferFunction transfer) {
  switch (transfer) {
    case GST_VIDEO_TRANSFER_SMPTE2084:
      return "PQ transfer (HDR)";
    case GST_VIDEO_TRANSFER_ARIB_STD_B67:
      return "HLG transfer (HDR)";
    case GST_VIDEO_TRANSFER_GAMMA10:
      return "linear transfer";
    case GST_VIDEO_TRANSFER_LOG100:
    case GST_VIDEO_TRANSFER_LOG316:
      return "logarithmic transfer";
    default:
      return nullptr;
  }
}

const char* other_views(GstVideoMultiviewMode mode) {
  switch (mode) {
    case GST_VIDEO_MULTIVIEW_MODE_FRAME_BY_FRAME:
    case GST_VIDEO_MULTIVIEW_MODE_MULTIVIEW_FRAME_BY_FRAME:
      return "frame-by-frame multiview";
    case GST_VIDEO_MULTIVIEW_MODE_SEPARATED:
      return "several views in a buffer";
    default:
      return nullptr;
  }
}

const char* other_fields(GstVideoInterlaceMode mode) {
  switch (mode) {
    case GST_VIDEO_INTERLACE_MODE_FIELDS:
    case GST_VIDEO_INTERLACE_MODE_ALTERNATE:
      return "alternating fields";
    default:
      return nullptr;
  }
}

}  // namespace

VideoRectangle visible_part(GstBuffer* buffer, const GstVideoInfo& info) {
  const GstVideoCropMeta* crop = gst_buffer_get_video_crop_meta(buffer);
  if (!crop) return {0, 0, GST_VIDEO_INFO_WIDTH(&info), GST_VIDEO_INFO_HEIGHT(&info)};
  const auto limit = [](guint value) { return static_cast<int>(std::min<guint>(value, G_MAXINT)); };
  return {limit(crop->x), limit(crop->y), limit(crop->width), limit(crop->height)};
}

std::string unsupported_colorimetry(const GstVideoInfo& info) {
  const bool is_wide = info.colorimetry.primaries == GST_VIDEO_COLOR_PRIMARIES_BT2020;
  std::string colors, frames;
  const auto add = [](std::string& text, const char* what) {
    if (what) text += (text.empty() ? "" : ", ") + std::string(what);
  };
  add(colors, other_transfer(info.colorimetry.transfer));
  add(colors, is_wide ? "BT.2020 primaries" : nullptr);
  add(frames, other_views(GST_VIDEO_INFO_MULTIVIEW_MODE(&info)));
  add(frames, other_fields(GST_VIDEO_INFO_INTERLACE_MODE(&info)));
  std::string text;
  if (!colors.empty())
    text = colors + " interpreted as BT.709 SDR: convert with tone mapping first";
  if (!frames.empty()) {
    text += (text.empty() ? "" : "; ") + frames + " interpreted as consecutive frames of one video";
  }
  return text;
}

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
