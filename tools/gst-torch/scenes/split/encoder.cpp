// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/scenes/split/encoder.h"

#include <algorithm>

#include <gst/gst.h>

#include "lib/gst/util/ref.h"

namespace gsttorch {
namespace {

// The registry may list a factory whose plugin cannot be loaded any more: only making one shows.
bool can_make(const char* factory) {
  return static_cast<bool>(
      Ref<GstElement>::adopt(GST_ELEMENT(gst_element_factory_make(factory, nullptr))));
}

// Constant quality, visually lossless. No B frames: packets come in presentation order. No delay:
// GstVideoEncoder drops a request for a key frame while an earlier one is still in the encoder.
constexpr char kX264[] =
    "x264enc name=encoder pass=qual quantizer=18 speed-preset=veryfast tune=zerolatency bframes=0 "
    "key-int-max=250";

// Here constant quality needs a limit of the rate, which is made never to be met.
Encoder vp8(int width, int height) {
  const int most = std::max(1'000'000, width * height * 8);  // bits a second
  return {
      "vp8enc name=encoder end-usage=cq cq-level=10 deadline=1000000 cpu-used=4 threads=4 "
      "keyframe-max-dist=250 target-bitrate=" +
          std::to_string(most),
      "video/x-vp8"};
}

}  // namespace

Result<Encoder> choose_encoder(int width, int height) {
  const bool is_even = width % 2 == 0 && height % 2 == 0;
  if (is_even && can_make("x264enc")) {
    return Encoder{kX264, "video/x-h264,stream-format=avc,alignment=au"};
  }
  if (can_make("vp8enc")) return vp8(width, height);
  return Error{
      ErrorCode::LibraryMissing,
      "--reencode requires the GStreamer element x264enc or vp8enc (Debian: apt-get install "
      "gstreamer1.0-plugins-ugly gstreamer1.0-plugins-good)"};
}

}  // namespace gsttorch
