// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "lib/engine/flow_model.h"
#include "lib/engine/match_model.h"
#include "lib/engine/precision.h"

namespace gsttorch {

/// Presets for all settings that trade quality for speed. A setting that the user chose takes
/// precedence over the preset. tests/bench/quality.py measures them; a change of a value needs
/// another measurement, and the documentation of the elements has the same values.
enum class Quality {
  Exact,     ///< the mathematics of the original implementations
  Balanced,  ///< at least 0.95 of the exact quality of every model
  Fast,      ///< at least 0.9 of it
};

inline constexpr std::array<std::string_view, 3> kQualityNames{"exact", "balanced", "fast"};

constexpr std::string_view name_of(Quality quality) {
  return kQualityNames[static_cast<std::size_t>(quality)];
}

constexpr std::optional<Quality> parse_quality(std::string_view name) {
  for (std::size_t i = 0; i < kQualityNames.size(); i++) {
    if (name == kQualityNames[i]) return static_cast<Quality>(i);
  }
  return std::nullopt;
}

/// Of all models.
struct ModelPreset {
  Precision precision;
};

/// Of optical flow.
struct FlowPreset {
  int iterations;
  bool skip_identical;  ///< no inference for two identical frames
};

/// Of matching.
struct MatchPreset {
  bool adaptive;
  double token_pruning;
};

/// Of the detection of shots.
struct ShotPreset {
  std::string_view model;  ///< that `auto` stands for; "auto": the element's own choice
};

template <typename Preset>
using Presets = std::array<Preset, kQualityNames.size()>;

inline constexpr Presets<ModelPreset> kModelPresets{{
    {Precision::Auto},
    {Precision::Reduced},
    {Precision::Reduced},
}};

inline constexpr Presets<FlowPreset> kFlowPresets{{
    {.iterations = 12, .skip_identical = false},
    {.iterations = 8, .skip_identical = true},
    {.iterations = 6, .skip_identical = true},
}};

inline constexpr Presets<MatchPreset> kMatchPresets{{
    {.adaptive = false, .token_pruning = 0},
    {.adaptive = false, .token_pruning = 0.4},
    {.adaptive = true, .token_pruning = 0.4},
}};

inline constexpr Presets<ShotPreset> kShotPresets{{
    {"auto"},
    {"resnet18-lite"},
    {"resnet18-lite"},
}};

static_assert(kFlowPresets[0].iterations == FlowOptions{}.iterations);
static_assert(kMatchPresets[0].token_pruning == MatchOptions{}.token_pruning);

template <typename Preset>
constexpr const Preset& preset_of(const Presets<Preset>& presets, Quality quality) {
  return presets[static_cast<std::size_t>(quality)];
}

}  // namespace gsttorch
