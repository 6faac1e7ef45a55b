// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace gsttorch {

/// What is said of a flow in summary, pixels.
struct FlowFigures {
  float mean_magnitude = 0, max_magnitude = 0;
  float mean_x = 0, mean_y = 0;
};

/// Of a float32 flow [2, H, W]. On the CPU in one pass and without further memory: a flow is as
/// large as its frame, however small the frame was in the net. NaN where the flow holds one.
FlowFigures flow_figures(const at::Tensor& flow);

/// Lengths of vectors whose components lie along dimension `dim`, which is 2 long and left out of
/// the result. Not at::linalg_vector_norm: along a dimension that is not the innermost, its loop is
/// neither vectorized nor does it read memory in order, which takes a hundred times as long.
at::Tensor vector_lengths(const at::Tensor& vectors, std::int64_t dim);

}  // namespace gsttorch
