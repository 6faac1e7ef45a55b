// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/support/elements.h"

#include "config.h"
#include "tools/gst-torch/support/gst_support.h"

namespace gsttorch {
namespace {

constexpr char kCore[] = "libgstreamer1.0-0", kBase[] = "gstreamer1.0-plugins-base",
               kGood[] = "gstreamer1.0-plugins-good", kBad[] = "gstreamer1.0-plugins-bad",
               kUgly[] = "gstreamer1.0-plugins-ugly", kLibav[] = "gstreamer1.0-libav";

constexpr ElementSource kElements[] = {
    {"filesrc", kCore, true},     {"filesink", kCore, true},
    {"fakesink", kCore, true},    {"identity", kCore, true},
    {"queue", kCore, true},       {"decodebin", kBase, true},
    {"parsebin", kBase, true},    {"videoconvert", kBase, true},
    {"videoscale", kBase, true},  {"videoflip", kGood, true},
    {"appsrc", kBase, true},      {"appsink", kBase, true},
    {"qtdemux", kGood, true},     {"matroskademux", kGood, true},
    {"matroskamux", kGood, true}, {"webmmux", kGood, true},
    {"vp8enc", kGood, true},      {"vp8dec", kGood, true},
    {"jpegdec", kGood, true},     {"jpegenc", kGood, true},
    {"pngdec", kGood, true},      {"pngenc", kGood, true},
    {"avdec_h264", kLibav, true}, {"splitmuxsink", kGood, false},  // scenes --split
    {"mp4mux", kGood, false},                                      // the same, into MP4
    {"x264enc", kUgly, false},                                     // scenes --split --reencode
    {"tsdemux", kBad, false},                                      // for MPEG transport streams
    {"h264parse", kBad, false},  // for H.264 that is in no MP4 or Matroska file
    {"h265parse", kBad, false},
};

constexpr const char* kOwnElements[] = {"analysiswriter", "perfmeter", "analysisoverlay"};

}  // namespace

std::span<const ElementSource> gstreamer_elements() { return kElements; }

std::span<const char* const> own_elements() { return kOwnElements; }

std::string element_remedy(const std::string& element) {
  for (const ElementSource& source : kElements) {
    if (element == source.name) return std::string("apt-get install ") + source.package;
  }
  return "set GST_PLUGIN_PATH to the directory of the plugins (installed: " GSTTORCH_LIBDIR
         "/gstreamer-1.0; in a build tree: meson devenv -C build)";
}

Result<void> check_element(const std::string& element) {
  if (has_element(element.c_str())) return {};
  return Error{ErrorCode::LibraryMissing, "GStreamer has no element " + element + ": " +
                                              element_remedy(element) +
                                              " (gst-torch doctor checks everything)"};
}

}  // namespace gsttorch
