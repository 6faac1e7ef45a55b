// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>

#include "lib/shots/frame_window.h"

namespace gsttorch {

/// Content distance of two frames, 0 to 1: 1 minus the best normalised correlation of their luma
/// images over all shifts by up to a quarter of the image. Ignores exposure (gain and offset),
/// pans, shakes, and black bars at the borders of both; two frames of a single colour each differ
/// only by brightness.
float content_distance(const FrameWindow& window, std::int64_t a, std::int64_t b);

}  // namespace gsttorch
