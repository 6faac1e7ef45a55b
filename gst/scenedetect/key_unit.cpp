// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/scenedetect/key_unit.h"

#include <string_view>
#include <utility>

#include "lib/gst/util/ref.h"

namespace gsttorch {
namespace {

// By then, the encoder has output a frame, whatever its look-ahead.
constexpr GstClockTime kLongestDelay = 4 * GST_SECOND;

std::string_view factory_of(GstElement* element) {
  GstElementFactory* factory = gst_element_get_factory(element);
  return factory ? GST_OBJECT_NAME(factory) : "";
}

// The element that a pad is linked to, looking through bins.
Ref<GstElement> next_element(GstPad* src) {
  const auto peer = Ref<GstPad>::adopt(gst_pad_get_peer(src));
  if (!peer) return {};
  if (GST_IS_GHOST_PAD(peer.get())) {
    const auto inner = Ref<GstPad>::adopt(gst_ghost_pad_get_target(GST_GHOST_PAD_CAST(peer.get())));
    return inner ? Ref<GstElement>::adopt(gst_pad_get_parent_element(inner.get()))
                 : Ref<GstElement>();
  }
  if (GST_IS_PROXY_PAD(peer.get())) {  // leads out of a bin
    const auto ghost = Ref<GstObject>::adopt(gst_pad_get_parent(peer.get()));
    return ghost && GST_IS_PAD(ghost.get()) ? next_element(GST_PAD_CAST(ghost.get()))
                                            : Ref<GstElement>();
  }
  return Ref<GstElement>::adopt(gst_pad_get_parent_element(peer.get()));
}

// Follows single paths only: through queues and converters, but not a tee.
bool is_before_x26x(GstPad* src) {
  auto pad = Ref<GstPad>::share(src);
  while (pad) {
    const auto element = next_element(pad.get());
    if (!element) return false;
    const std::string_view name = factory_of(element.get());
    if (name == "x264enc" || name == "x265enc") return true;
    pad = Ref<GstPad>::adopt(gst_element_get_static_pad(element.get(), "src"));
  }
  return false;
}

}  // namespace

GstClockTime KeyUnitTimes::request(GstPad* src, GstClockTime running_time, GstClockTime first) {
  const bool is_first = !std::exchange(has_requested_, true);
  if (!GST_CLOCK_TIME_IS_VALID(running_time) || !GST_CLOCK_TIME_IS_VALID(first)) {
    return running_time;
  }
  const bool is_early = running_time < first + kLongestDelay;
  if (is_first) is_encoder_confused_ = is_early && is_before_x26x(src);
  if (is_first || !is_encoder_confused_) return running_time;
  is_encoder_confused_ = is_early;
  return GST_CLOCK_TIME_NONE;
}

}  // namespace gsttorch
