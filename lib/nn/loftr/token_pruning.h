// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "lib/nn/loftr/dual_softmax.h"

namespace gsttorch {

/// The cells of an image to match when a share of them is pruned: int64 [K], ascending. K is the
/// rounded number of the remaining cells, at least one.
///
/// Cells that cannot have matches (within `border` of the edge) are pruned first, then the weakest
/// ones: those whose tokens differ least from the mean of their 3x3 neighbourhood. This difference
/// is averaged over 5x5 cells, so that whole regions are pruned and few cells lose only a
/// neighbour. It needs no training and no threshold for each model. After Choo and Li (SLiM, CVPR
/// 2026), who use the tokens' norm as strength and filter after the transformer:
/// docs/design/0008-token-pruning.md explains the differences.
///
/// tokens [1, C, h, w], after the first layer, on any device; share in 0..1.
at::Tensor strongest_cells(const at::Tensor& tokens, double share, std::int64_t border);

/// The tokens of these cells as an image of one row: [1, C, h, w] -> [1, C, 1, K].
at::Tensor gather_cells(const at::Tensor& tokens, const at::Tensor& cells);

/// The inverse: [1, C, 1, K] -> [1, C, h, w], zero in all other cells.
at::Tensor put_cells(const at::Tensor& tokens, const at::Tensor& cells, CoarseGrid grid);

/// Converts the matches' indices into these lists of cells (of the first and second image) to cells
/// of the whole grids.
void to_cells(std::vector<CoarseMatch>& matches, const at::Tensor& first, const at::Tensor& second);

}  // namespace gsttorch
