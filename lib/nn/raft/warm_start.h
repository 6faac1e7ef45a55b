// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <ATen/core/Tensor.h>

namespace gsttorch {

/// The initial flow for the next pair: this pair's flow, moved to where its pixels go (RAFT,
/// section 3.3, "warm start"). flow [B, 2, h, w] on the 1/8 grid; `motion` is a pixel's motion to
/// the next frame's grid: the flow itself if it points forward, its negative if it points backward.
///
/// Each vector moves to the nearest cell; vectors in the same cell are averaged; empty cells get
/// the average of the smallest neighbourhood that is not empty. Unlike the original, which searches
/// the nearest moved point in a k-d tree, this runs on any device.
at::Tensor project_forward(const at::Tensor& flow, const at::Tensor& motion);

}  // namespace gsttorch
