// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lib/nn/weights/weights.h"

namespace gsttorch {

/// What a LoFTR checkpoint's shapes do not tell: from the file's metadata, or from the manifest.
using LoftrProperties = std::map<std::string, std::string>;

/// What kind of LoFTR a checkpoint holds.
struct LoftrConfig {
  int stages = 3;  ///< residual stages of the backbone, each half the size of the one before
  int coarse_layers = 0;
  int fine_layers = 0;  ///< 0: matches end on the coarse grid
  int heads = 8;
  double norm_epsilon = 1e-5;
  /// Of the position encoding: the authors' first models were trained with a formula that falls off
  /// much faster than the paper's.
  bool fixed_encoding = false;

  std::int64_t coarse_stride() const { return std::int64_t{1} << stages; }  ///< pixels of a cell
  std::int64_t fine_stride() const { return coarse_stride() / kFinePerCoarse; }
  bool has_fine() const { return fine_layers > 0; }

  static constexpr std::int64_t kFinePerCoarse = 4;  ///< fine cells along a coarse one
  static constexpr std::int64_t kWindow = 5;         ///< fine cells along a window
  static constexpr std::int64_t kBorder = 2;         ///< coarse cells that no match lies in
  static constexpr double kTemperature = 0.1;
};

/// Reads it from the keys. `properties` are `position_encoding` ("original" or "fixed") and
/// `heads`; without them the position encoding is the original one, and there are eight heads, or
/// one in a model whose cells are 16 pixels wide (the published student, whose norms' epsilon is
/// smaller too). Throws Failure(WrongArchitecture) where it is no LoFTR.
LoftrConfig loftr_config(const StateDict& state, const LoftrProperties& properties);

}  // namespace gsttorch
