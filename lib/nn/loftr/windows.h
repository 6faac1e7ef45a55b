// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace gsttorch {

// All functions work on maps of one image, [1, C, H, W]; results are channels-last.

/// The `side` x `side` pixels around each centre (row, column), zero outside the map:
/// [M, C, side, side].
at::Tensor gather_windows(const at::Tensor& map, const std::vector<std::int64_t>& rows,
                          const std::vector<std::int64_t>& columns, std::int64_t side);

/// The same with int64 tensors [M] on the map's device, any device; does not wait for it.
at::Tensor gather_windows(const at::Tensor& map, const at::Tensor& rows, const at::Tensor& columns,
                          std::int64_t side);

/// The same windows of the map upsampled to twice its size, without computing all of that:
/// bilinear, with aligned corners. The squares must lie inside it.
at::Tensor upsample_windows(const at::Tensor& map, const std::vector<std::int64_t>& rows,
                            const std::vector<std::int64_t>& columns, std::int64_t side);

/// Rows first .. last - 1 of the map upsampled to twice its size: [B, C, last - first, 2 W].
at::Tensor upsample_rows(const at::Tensor& map, std::int64_t first, std::int64_t last);

}  // namespace gsttorch
