// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <span>

namespace gsttorch {

/// out[i] = <row i, vector> for rows of `vector.size()` floats lying one behind the other.
void inner_products(std::span<const float> rows, std::span<const float> vector,
                    std::span<float> out);

/// Every row with every row as one product: out[i * count + j] = <row i, row j>. Cosine
/// similarities where the rows have length 1.
void similarity_matrix(std::span<const float> rows, std::size_t count, std::span<float> out);

/// Scales a vector to length 1; one of zeros stays as it is.
void normalize(std::span<float> vector);

}  // namespace gsttorch
