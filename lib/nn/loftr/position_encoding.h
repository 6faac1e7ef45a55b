// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

namespace gsttorch {

/// The encoding that LoFTR adds to its coarse features: for each cell (x, y), counted from 1,
/// alternating sines and cosines of x d_k and y d_k, k = 0 .. channels / 4 - 1. d_k decays as
/// exp(-2k ln(1e4) / (channels / 2)) if `fixed`, and as exp(-2k) in the models trained before that
/// fix (their formula contains a truncating integer division). [1, channels, height, width],
/// channels-last. Source: zju3dv/LoFTR src/loftr/utils/position_encoding.py.
at::Tensor position_encoding(std::int64_t channels, std::int64_t height, std::int64_t width,
                             bool fixed, c10::Device device = c10::kCPU);

}  // namespace gsttorch
