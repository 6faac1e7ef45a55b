// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include "lib/nn/weights/weights.h"

namespace gsttorch {

/// Key of princeton-vl's RAFT -> torchvision's. Keys of torchvision pass unchanged.
std::string torchvision_raft_key(const std::string& key);

/// The same tensors under torchvision's names, whichever names they came with. Aliases that only
/// princeton's files have (norm3 / norm4 of a block, twins of downsample.1) are left out.
StateDict with_torchvision_raft_keys(const StateDict& state);

}  // namespace gsttorch
