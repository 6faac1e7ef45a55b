// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lib/nn/weights/state_dict.h"

namespace gsttorch {

/// LoFTR properties that a checkpoint's shapes do not show: from the file's metadata or the
/// manifest.
using LoftrProperties = std::map<std::string, std::string>;

/// The variant of LoFTR that a checkpoint contains.
struct LoftrConfig {
  int stages = 3;  ///< residual stages of the backbone; each halves the size
  int coarse_layers = 0;
  int fine_layers = 0;  ///< 0: matches stay on the coarse grid
  int heads = 8;
  double norm_epsilon = 1e-5;
  /// Which position encoding: the authors' first models were trained with a formula that decays
  /// much faster than the paper's.
  bool fixed_encoding = false;

  std::int64_t coarse_stride() const { return std::int64_t{1} << stages; }  ///< pixels per cell
  std::int64_t fine_stride() const { return coarse_stride() / kFinePerCoarse; }
  bool has_fine() const { return fine_layers > 0; }

  static constexpr std::int64_t kFinePerCoarse = 4;  ///< fine cells along a coarse cell
  static constexpr std::int64_t kWindow = 5;         ///< fine cells along a window
  static constexpr std::int64_t kBorder = 2;  ///< coarse cells along the edge that have no matches
  static constexpr double kTemperature = 0.1;
};

/// Reads the variant from the keys. `properties` are `position_encoding` ("original" or "fixed")
/// and `heads`. The defaults are the original position encoding and eight heads, or one head in a
/// model whose cells are 16 pixels wide (the published student, whose norms also have a smaller
/// epsilon). Throws Failure(WrongArchitecture) if the checkpoint is not LoFTR.
LoftrConfig loftr_config(const StateDict& state, const LoftrProperties& properties);

}  // namespace gsttorch
