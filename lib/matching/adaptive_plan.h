// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "lib/formats/match.h"
#include "lib/matching/affine_motion.h"
#include "lib/matching/image_region.h"

namespace gsttorch {

/// What is known of a pair before the full pass.
struct AdaptiveRequest {
  int first_width = 0, first_height = 0;    ///< pixels of the first image
  int second_width = 0, second_height = 0;  ///< pixels of the second image
  int max_size = 0;  ///< cap of the longer side inside the model, pixels; 0: none
  int cell_px = 8;   ///< of the full pass' model
  /// The coarse pass' own: longer side inside the model (pixels), and whether its second points are
  /// more than cells of a grid.
  int coarse_size = 0;
  bool coarse_is_refined = true;
};

/// What the coarse pass says of a pair.
enum class Overlap {
  None,     ///< the images share nothing: no match is the result
  Unsure,   ///< too little agrees to tell
  Still,    ///< the same view: a smaller image is enough, or even the coarse pass
  Partial,  ///< they share parts so small that looking at these alone is cheaper
  Large,    ///< they share most of what they show
};

struct AdaptiveSide {
  ImageRegion region;  ///< of the image
  int size = 0;        ///< longer side of that region inside the model, pixels
};

/// How the full pass goes, if there is one.
struct AdaptivePlan {
  Overlap overlap = Overlap::Unsure;
  bool needs_full_pass = true;
  AdaptiveSide first, second;
  int spacing = 1;                     ///< MatchOptions::spacing
  std::size_t max_matches = 0;         ///< MatchOptions::max_matches; 0: all
  std::optional<AffineMotion> motion;  ///< from the first to the second, where it is known
};

/// Longer side of an image inside the model in the coarse pass of a model with cells of so many
/// pixels: a quarter of the full pass' cells in a row, at least twenty, fewer than the full pass.
int coarse_size(int width, int height, int max_size, int cell_px);

/// At most one match for each square of so many cells gives the coarse pass enough to tell the
/// motion.
int coarse_spacing(int size, int width, int height, int cell_px);

/// From the coarse pass' matches, in pixels of the whole images.
AdaptivePlan plan_adaptive(const AdaptiveRequest& request, std::span<const Match> coarse);

}  // namespace gsttorch
