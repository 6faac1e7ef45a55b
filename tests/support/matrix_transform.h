// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <array>
#include <cmath>
#include <string>

#include <gst/video/video.h>

#include "lib/gst/util/ref.h"

namespace gsttorch {

#if GST_CHECK_VERSION(1, 28, 0)
using VideoMatrix = GstVideoMetaTransformMatrix;
#else
/// The transform data that GStreamer 1.28 passes to metas, declared here for use with any version.
struct VideoMatrix {
  const GstVideoInfo* in_info;
  GstVideoRectangle in_rectangle;
  const GstVideoInfo* out_info;
  GstVideoRectangle out_rectangle;
  gfloat matrix[3][3];
};
#endif

inline GstVideoInfo gray_frame(guint width, guint height) {
  GstVideoInfo info;
  gst_video_info_set_format(&info, GST_VIDEO_FORMAT_GRAY8, width, height);
  return info;
}

/// A transform filled in as an element of GStreamer 1.28 does it.
class MatrixRequest {
 public:
  MatrixRequest(guint in_width, guint in_height, guint out_width, guint out_height)
      : in_(gray_frame(in_width, in_height)), out_(gray_frame(out_width, out_height)) {
    transform.in_info = &in_;
    transform.out_info = &out_;
    transform.in_rectangle = {0, 0, static_cast<gint>(in_width), static_cast<gint>(in_height)};
    transform.out_rectangle = {0, 0, static_cast<gint>(out_width), static_cast<gint>(out_height)};
    set_matrix({1, 0, 0, 0, 1, 0, 0, 0, 1});
  }
  MatrixRequest(const MatrixRequest& other) : in_(other.in_), out_(other.out_) {
    transform = other.transform;
    transform.in_info = &in_;
    transform.out_info = &out_;
  }
  MatrixRequest& operator=(const MatrixRequest&) = delete;

  MatrixRequest& set_matrix(const std::array<float, 9>& m) {
    for (int i = 0; i < 9; i++) transform.matrix[i / 3][i % 3] = m[i];
    return *this;
  }
  /// Like gst_video_meta_transform_matrix_init().
  MatrixRequest& set_rectangles(const GstVideoRectangle& in, const GstVideoRectangle& out) {
    transform.in_rectangle = in;
    transform.out_rectangle = out;
    return set_matrix({static_cast<float>(out.w) / static_cast<float>(in.w), 0, 0, 0,
                       static_cast<float>(out.h) / static_cast<float>(in.h), 0, 0, 0, 1});
  }

  /// Calls the transform function of every meta of a buffer; returns whether all of them succeeded.
  bool apply(GstBuffer* from, GstBuffer* to) {
    bool taken = true;
    gpointer state = nullptr;
    while (GstMeta* meta = gst_buffer_iterate_meta(from, &state)) {
      taken &= static_cast<bool>(meta->info->transform_func(
          to, meta, from, g_quark_from_static_string("gst-video-matrix"), &transform));
    }
    return taken;
  }

  VideoMatrix transform;

 private:
  GstVideoInfo in_, out_;
};

/// The transform that videoflip uses, by the names of its `video-direction`.
inline MatrixRequest flip_request(const std::string& direction, guint width, guint height) {
  const float right = static_cast<float>(width) - 1, bottom = static_cast<float>(height) - 1;
  const bool swaps =
      direction == "90r" || direction == "90l" || direction == "ul-lr" || direction == "ur-ll";
  MatrixRequest request(width, height, swaps ? height : width, swaps ? width : height);
  if (direction == "90r") request.set_matrix({0, -1, bottom, 1, 0, 0, 0, 0, 1});
  if (direction == "180") request.set_matrix({-1, 0, right, 0, -1, bottom, 0, 0, 1});
  if (direction == "90l") request.set_matrix({0, 1, 0, -1, 0, right, 0, 0, 1});
  if (direction == "horiz") request.set_matrix({-1, 0, right, 0, 1, 0, 0, 0, 1});
  if (direction == "vert") request.set_matrix({1, 0, 0, 0, -1, bottom, 0, 0, 1});
  if (direction == "ul-lr") request.set_matrix({0, 1, 0, 1, 0, 0, 0, 0, 1});
  if (direction == "ur-ll") request.set_matrix({0, -1, bottom, -1, 0, right, 0, 0, 1});
  return request;
}

/// Position of the brightness in a frame: the centroid of its luma, in pixels.
struct Brightness {
  double x = NAN;
  double y = NAN;

  static Brightness of(GstBuffer* buffer, GstCaps* caps) {
    GstVideoInfo info;
    GstVideoFrame frame;
    if (!gst_video_info_from_caps(&info, caps) ||
        !gst_video_frame_map(&frame, &info, buffer, GST_MAP_READ)) {
      return {};
    }
    double sum = 0, x = 0, y = 0;
    for (int row = 0; row < GST_VIDEO_FRAME_HEIGHT(&frame); row++) {
      const auto* luma = static_cast<const guint8*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, 0)) +
                         row * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0);
      for (int column = 0; column < GST_VIDEO_FRAME_WIDTH(&frame); column++) {
        const double weight = luma[column] > 32 ? luma[column] : 0;  // ignores black and ringing
        sum += weight;
        x += weight * column;
        y += weight * row;
      }
    }
    gst_video_frame_unmap(&frame);
    return {x / sum, y / sum};
  }
};

}  // namespace gsttorch
