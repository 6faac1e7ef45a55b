// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/util/video_info.h"

#include <algorithm>

namespace gsttorch {
namespace {

// Null: close enough to BT.709's transfer; cameras differ by more.
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
  if (!colors.empty()) {
    text = colors + " interpreted as BT.709 SDR: convert with tone mapping first";
  }
  if (!frames.empty()) {
    text += (text.empty() ? "" : "; ") + frames + " interpreted as consecutive frames of one video";
  }
  return text;
}

}  // namespace gsttorch
