// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "lib/nn/loftr/dual_softmax.h"

namespace gsttorch {

/// Which cells of an image are matched when a share of them is left out: int64 [K], ascending, K
/// being what 1 - share of the cells comes to, one at least.
///
/// First go the cells that no match may lie in (within `border` of the edge), then the weakest:
/// where tokens differ least from the mean of the 3x3 around them, in the mean of 5x5 cells, so
/// that whole regions go and few cells lose only their neighbour. No training, no threshold of the
/// model's own. After Choo and Li (SLiM, CVPR 2026), who take the tokens' length for strength and
/// filter behind the transformer: docs/design/0008-token-pruning.md has what differs and why.
///
/// tokens [1, C, h, w], after the first layer, on any device; share in 0..1.
at::Tensor strongest_cells(const at::Tensor& tokens, double share, std::int64_t border);

/// Tokens of these cells as a map of one row: [1, C, h, w] -> [1, C, 1, K].
at::Tensor take_cells(const at::Tensor& tokens, const at::Tensor& cells);

/// The way back: [1, C, 1, K] -> [1, C, h, w], zero in all other cells.
at::Tensor put_cells(const at::Tensor& tokens, const at::Tensor& cells, CoarseGrid grid);

/// Makes places among these cells (of the first and the second image) cells of the images.
void to_cells(std::vector<CoarseMatch>& matches, const at::Tensor& first, const at::Tensor& second);

}  // namespace gsttorch
