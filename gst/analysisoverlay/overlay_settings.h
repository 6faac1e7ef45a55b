// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

namespace gsttorch {

enum class FlowStyle { None, Wheel, Arrows };
enum class MatchStyle { None, Trails, Pairs };
enum class MatchColor { Inliers, Confidence };
enum class OverlayLayout { Blend, SideBySide };

struct OverlaySettings {
  FlowStyle flow_style = FlowStyle::Wheel;
  MatchStyle match_style = MatchStyle::Trails;
  MatchColor match_color = MatchColor::Inliers;
  bool match_outline = true;
  unsigned history_size = 8;  ///< for MatchStyle::Pairs
  OverlayLayout layout = OverlayLayout::Blend;
  double opacity = 0.5;
  double max_magnitude = 0;  ///< pixels; 0: automatic
  unsigned arrow_step = 16;  ///< pixels
  std::string source;        ///< empty: any
  bool perf_line = false;
  bool shots = true;
  unsigned every = 1;               ///< frames; 0: draws none
  std::string snapshot_location;    ///< a pattern; empty: no snapshots
  unsigned snapshot_every = 30;     ///< frames
  unsigned snapshot_max_files = 0;  ///< 0: keeps all
  unsigned snapshot_max_queue = 4;
};

}  // namespace gsttorch
