// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace gsttorch {

/// Summary of a flow, pixels.
struct FlowFigures {
  float mean_magnitude = 0, max_magnitude = 0;
  float mean_x = 0, mean_y = 0;
};

/// Summarizes a float32 flow [2, H, W]. On the CPU it needs one pass and no further memory: a flow
/// is as large as its frame, however small the model's input was. Values are NaN if the flow
/// contains NaN.
FlowFigures flow_figures(const at::Tensor& flow);

/// Lengths of two-component vectors along dimension `dim`, which is removed from the result.
/// Replaces at::linalg_vector_norm, whose loop along a dimension other than the innermost is
/// neither vectorized nor reads memory in order, and takes a hundred times as long.
at::Tensor vector_lengths(const at::Tensor& vectors, std::int64_t dim);

}  // namespace gsttorch
