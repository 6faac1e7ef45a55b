// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <span>

namespace gsttorch {

/// Inner products of all rows on the left with all on the right, as one blocked product:
/// out[i * M + j] = <left i, right j>. Rows of `length` floats lie one behind the other; N on the
/// left, M on the right, N * M results. Cosine similarities where the rows have length 1.
void row_products(std::span<const float> left, std::span<const float> right, std::size_t length,
                  std::span<float> out);

/// Scales a vector to length 1; one of zeros stays as it is.
void normalize(std::span<float> vector);

}  // namespace gsttorch
