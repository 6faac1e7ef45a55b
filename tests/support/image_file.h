// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include <gst/gst.h>

#include "lib/gst/util/ref.h"

namespace gsttorch {

/// Decodes an image, or frame `number` of a video, to a packed format; null if that fails.
inline Ref<GstSample> decoded_sample(const std::string& path, const std::string& format = "RGB",
                                     int number = 0) {
  GstElement* bin = gst_parse_launch(
      ("filesrc location=" + path + " ! decodebin ! videoconvert ! video/x-raw,format=" + format +
       " ! appsink name=sink")
          .c_str(),
      nullptr);
  const auto pipeline = Ref<GstElement>::adopt(GST_ELEMENT(gst_object_ref_sink(bin)));
  const auto sink = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "sink"));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  Ref<GstSample> sample;
  for (int i = 0; i <= number; i++) {
    GstSample* pulled = nullptr;
    g_signal_emit_by_name(sink.get(), "pull-sample", &pulled);
    sample = Ref<GstSample>::adopt(pulled);
  }
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  return sample;
}

/// The pixels of the first frame.
inline Ref<GstBuffer> decoded(const std::string& path, const std::string& format = "RGB") {
  const auto sample = decoded_sample(path, format);
  return sample ? Ref<GstBuffer>::share(gst_sample_get_buffer(sample.get())) : Ref<GstBuffer>();
}

}  // namespace gsttorch
