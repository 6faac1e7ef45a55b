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

/// The input of the plan for a pair, before the full pass.
struct AdaptiveRequest {
  int first_width = 0, first_height = 0;    ///< pixels of the first image
  int second_width = 0, second_height = 0;  ///< pixels of the second image
  int max_size = 0;  ///< limit of the longer side inside the model, pixels; 0: no limit
  int cell_px = 8;   ///< of the full pass's model
  /// Of the coarse pass: the longer side inside the model (pixels), and whether its second points
  /// are finer than the cells of a grid.
  int coarse_size = 0;
  bool coarse_is_refined = true;
};

/// The coarse pass's verdict on a pair.
enum class Overlap {
  None,     ///< the images share nothing: the result has no matches
  Unsure,   ///< too few matches agree to decide
  Still,    ///< the same view: a smaller image or even the coarse pass is enough
  Partial,  ///< the shared parts are so small that matching only these is cheaper
  Large,    ///< the images share most of their content
};

struct AdaptiveSide {
  ImageRegion region;  ///< of the image
  int size = 0;        ///< longer side of that region inside the model, pixels
};

/// How to run the full pass, if it is needed.
struct AdaptivePlan {
  Overlap overlap = Overlap::Unsure;
  bool needs_full_pass = true;
  AdaptiveSide first, second;
  int spacing = 1;                     ///< MatchOptions::spacing
  std::size_t max_matches = 0;         ///< MatchOptions::max_matches; 0: all
  std::optional<AffineMotion> motion;  ///< from the first to the second image, if known
};

/// Returns the longer side of an image inside the model for the coarse pass, for coarse cells of
/// `cell_px` pixels: a quarter of the full pass's cells per row, at least twenty, fewer than the
/// full pass.
int coarse_size(int width, int height, int max_size, int cell_px);

/// Returns the `spacing` (in cells) that leaves the coarse pass enough matches to estimate the
/// motion.
int coarse_spacing(int size, int width, int height, int cell_px);

/// Makes a plan from the coarse pass's matches, in pixels of the whole images.
AdaptivePlan plan_adaptive(const AdaptiveRequest& request, std::span<const Match> coarse);

}  // namespace gsttorch
