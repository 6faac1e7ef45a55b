// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>

#include "lib/shots/frame_window.h"

namespace gsttorch {

/// How little of one frame's content is in another, 0 to 1: 1 less the best normalised correlation
/// of their luma images over all shifts by up to a quarter of the image. Blind to exposure
/// (gain and offset) and to pans and shakes; two frames of one colour each differ by their
/// brightness alone.
float content_distance(const FrameWindow& window, std::int64_t a, std::int64_t b);

}  // namespace gsttorch
