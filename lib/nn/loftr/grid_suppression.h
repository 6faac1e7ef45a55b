// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <vector>

#include "lib/nn/loftr/dual_softmax.h"

namespace gsttorch {

/// Keeps of the matches whose first token lies in the same square of `side` x `side` tokens only
/// the most confident one, in the order of the first tokens, which `matches` are in. 1 keeps all.
void grid_suppress(std::vector<CoarseMatch>& matches, std::int64_t grid_width, std::int64_t side);

}  // namespace gsttorch
