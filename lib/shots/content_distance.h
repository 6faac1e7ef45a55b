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

/// Share of the image, 0 to 1, in which two frames show the same detail at the same place: what
/// stays visible behind a subject that hides the rest. Black bars do not count.
float kept_share(const FrameWindow& window, std::int64_t a, std::int64_t b);

}  // namespace gsttorch
