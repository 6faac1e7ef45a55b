// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <span>

namespace gsttorch {

/// Computes the inner products of all left rows with all right rows as one blocked product: out[i *
/// M + j] = <left i, right j>. Rows of `length` floats are contiguous; N on the left, M on the
/// right, N * M results. If the rows have length 1, these are cosine similarities.
void row_products(std::span<const float> left, std::span<const float> right, std::size_t length,
                  std::span<float> out);

/// Scales a vector to length 1; a zero vector stays unchanged.
void normalize(std::span<float> vector);

}  // namespace gsttorch
