// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <ATen/core/Tensor.h>

namespace gsttorch {

/// How well two flows agree: 1 if following both returns to the start, 0.5 at the limit of Sundaram
/// et al. (ECCV 2010, section 4), |F + B|^2 = 0.01 (|F|^2 + |B|^2) + 0.5, and 0 where the flow
/// leaves the frame. Their 0.5 refers to pixels of the images that the flow was computed on:
/// `net_pixel_area` is the area of one such pixel on the flows' grid. [B, 2, H, W] each, pixels ->
/// [B, H, W].
at::Tensor flow_consistency(const at::Tensor& forward, const at::Tensor& backward,
                            double net_pixel_area);

}  // namespace gsttorch
