// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <optional>
#include <string>

#include <glib.h>

#include "lib/engine/match_model.h"
#include "lib/vision/geometry.h"

namespace gsttorch {

enum class MatchMode { Previous, Lag, Reference, ShotStart };

/// The properties of loftrmatch, without those common to all analysers.
struct LoftrMatchSettings {
  /// What `quality` sets, where the user set it instead.
  struct Own {
    std::optional<bool> adaptive;
    std::optional<double> token_pruning;
  };

  MatchOptions options;
  Own own;
  MatchMode mode = MatchMode::Previous;
  guint lag = 1;  // frames; in mode lag
  std::string reference_location;
  GeometryKind geometry = GeometryKind::None;
  bool refine = false;
  bool adaptive = false;
  std::string coarse_model = "auto";

  guint distance() const { return mode == MatchMode::Lag ? lag : 1; }
};

}  // namespace gsttorch
