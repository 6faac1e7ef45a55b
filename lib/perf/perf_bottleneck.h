// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace gsttorch {

/// How an element of a pipeline was found, sample by sample.
struct SampledElement {
  std::uint64_t samples = 0;
  double busy_share = 0;  ///< of the samples: it was at work
  bool is_source = false;
};

/// The element that decides how fast the pipeline is: the one that is at work most of the time.
/// Where a source and another element are so all the time, one of the two waits for the clock, and
/// it is the source that gets the blame: a live source's rate is the one that nothing in the
/// pipeline can change. Nothing where none was sampled often enough, or none was at work.
std::optional<std::size_t> find_bottleneck(const std::vector<SampledElement>& elements);

}  // namespace gsttorch
