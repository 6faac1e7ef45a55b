// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace gsttorch {

/// Linear attention (Katharopoulos et al., ICML 2020) with phi(x) = elu(x) + 1: each query gets
/// phi(q) sum phi(k) v^T / (phi(q) . sum phi(k) + 1e-6), head by head. Its cost grows with the
/// tokens, not with their square.
///
/// All channels-last: query [B, C, h, w], key and value [B, C, h', w'] -> [B, C, h, w]. They may be
/// slices of the channels of wider maps.
at::Tensor linear_attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                            std::int64_t heads);

/// Layer norm over the channels of each pixel, in place; x [B, C, h, w].
void layer_norm_(at::Tensor& x, const at::Tensor& gain, const at::Tensor& bias, double epsilon);

/// The same, and `other` added after it.
void layer_norm_plus_(at::Tensor& x, const at::Tensor& gain, const at::Tensor& bias, double epsilon,
                      const at::Tensor& other);

}  // namespace gsttorch
