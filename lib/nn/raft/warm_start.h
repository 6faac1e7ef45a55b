// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <ATen/core/Tensor.h>

namespace gsttorch {

/// Where the search of the next pair should start: the flow of this one, carried along to where its
/// pixels go (RAFT, section 3.3, "warm start"). flow [B, 2, h, w] on the 1/8 grid; `motion` is the
/// way a pixel goes to the next frame's grid: the flow itself when it points forward, its negative
/// when it points backward.
///
/// Each vector lands on the nearest cell; vectors that meet are averaged; cells that none reaches
/// take the average of the smallest neighbourhood that has one. Unlike the original, which asks a
/// k-d tree for the nearest landing point, this runs on any device.
at::Tensor project_forward(const at::Tensor& flow, const at::Tensor& motion);

}  // namespace gsttorch
