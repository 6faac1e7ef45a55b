// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/formats/match.h"
#include "lib/gst/analyzer/analysis.h"
#include "lib/matching/adaptive_match.h"
#include "lib/matching/match_image.h"
#include "lib/vision/geometry.h"

namespace gsttorch {

using SharedImage = std::shared_ptr<MatchImage>;

/// A frame's matches with one reference image.
struct PairMatches {
  std::string reference;  ///< the image's file; empty for an earlier frame
  guint reference_width = 0, reference_height = 0;   ///< pixels
  GstClockTime reference_pts = GST_CLOCK_TIME_NONE;  ///< of an earlier frame
  std::vector<Match> matches;
  std::optional<AdaptiveResult> adaptive;  ///< without the matches
  std::optional<Geometry> geometry;
};

/// loftrmatch's result for a frame.
struct FrameMatches final : FrameResult {
  bool has_result() const override { return !skipped; }
  const char* skipped = nullptr;
  GeometryKind kind = GeometryKind::None;
  std::vector<PairMatches> all;
};

/// Two images to match, and where to store the result. The frame is the second image.
struct ImagePair {
  SharedImage first, second;
  FrameMatches* found;
  std::size_t index;  ///< in found->all

  PairMatches& result() const { return found->all[index]; }
};

}  // namespace gsttorch
