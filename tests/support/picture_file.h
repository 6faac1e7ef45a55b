// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include <gst/gst.h>

#include "lib/gst/ref.h"

namespace gsttorch {

/// What is in a picture file, in a packed format; null where it cannot be read.
inline Ref<GstBuffer> decoded(const std::string& path, const std::string& format = "RGB") {
  GstElement* bin = gst_parse_launch(
      ("filesrc location=" + path + " ! decodebin ! videoconvert ! video/x-raw,format=" + format +
       " ! appsink name=sink")
          .c_str(),
      nullptr);
  const auto pipeline = Ref<GstElement>::adopt(GST_ELEMENT(gst_object_ref_sink(bin)));
  const auto sink = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "sink"));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  GstSample* pulled = nullptr;
  g_signal_emit_by_name(sink.get(), "pull-sample", &pulled);
  Ref<GstBuffer> picture;
  if (pulled) {
    const auto sample = Ref<GstSample>::adopt(pulled);
    picture = Ref<GstBuffer>::share(gst_sample_get_buffer(sample.get()));
  }
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  return picture;
}

}  // namespace gsttorch
