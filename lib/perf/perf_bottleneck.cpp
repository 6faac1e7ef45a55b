// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/perf/perf_bottleneck.h"

namespace gsttorch {
namespace {

constexpr std::uint64_t kEnoughSamples = 20;
constexpr double kMostly = 0.5;
constexpr double kBenefitOfDoubt = 0.05;  // added to the share of the time

double weight(const SampledElement& element) {
  const bool is_doubtful = element.is_source && element.busy_share > kMostly;
  return element.busy_share + (is_doubtful ? kBenefitOfDoubt : 0);
}

}  // namespace

std::optional<std::size_t> find_bottleneck(const std::vector<SampledElement>& elements) {
  std::optional<std::size_t> found;
  double most = 0;
  for (std::size_t i = 0; i < elements.size(); i++) {
    if (elements[i].samples < kEnoughSamples || weight(elements[i]) <= most) continue;
    most = weight(elements[i]);
    found = i;
  }
  return found;
}

}  // namespace gsttorch
