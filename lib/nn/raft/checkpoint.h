// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include "lib/nn/weights/state_dict.h"

namespace gsttorch {

/// Converts a key of princeton-vl's RAFT to torchvision's. Keys of torchvision are returned
/// unchanged.
std::string torchvision_raft_key(const std::string& key);

/// The same tensors under torchvision's names, from either naming. Drops aliases that only
/// princeton's files have (norm3 / norm4 of a block, duplicates of downsample.1).
StateDict with_torchvision_raft_keys(const StateDict& state);

}  // namespace gsttorch
