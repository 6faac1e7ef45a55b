// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace gsttorch {

/// Sampled activity of a pipeline element.
struct SampledElement {
  std::uint64_t samples = 0;
  double busy_share = 0;  ///< share of samples in which it was working
  bool is_source = false;
};

/// Returns the element that limits the pipeline's speed: the one that works most of the time. If a
/// source and another element both seem to work all the time, one of them actually waits for the
/// clock, and the source is chosen: nothing in the pipeline can change the rate of a live source.
/// Returns nullopt if no element was sampled often enough or none was working.
std::optional<std::size_t> find_bottleneck(const std::vector<SampledElement>& elements);

}  // namespace gsttorch
