// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <vector>

#include "lib/nn/loftr/dual_softmax.h"

namespace gsttorch {

/// Grid non-maximum suppression: of the matches whose first tokens lie in the same square of `side`
/// x `side` tokens, keeps only the most confident one. `matches` must be in the order of their
/// first tokens and stay so. A side of 1 keeps all.
void grid_suppress(std::vector<CoarseMatch>& matches, std::int64_t grid_width, std::int64_t side);

}  // namespace gsttorch
