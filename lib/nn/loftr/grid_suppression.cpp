// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/loftr/grid_suppression.h"

#include <map>
#include <utility>

namespace gsttorch {

void grid_suppress(std::vector<CoarseMatch>& matches, std::int64_t grid_width, std::int64_t side) {
  if (side <= 1) return;
  const auto square_of = [&](const CoarseMatch& match) {
    return std::pair(match.first / grid_width / side, match.first % grid_width / side);
  };
  std::map<std::pair<std::int64_t, std::int64_t>, CoarseMatch> best;
  for (const CoarseMatch& match : matches) {
    const auto [place, is_first] = best.try_emplace(square_of(match), match);
    if (!is_first && match.confidence > place->second.confidence) place->second = match;
  }
  std::erase_if(matches, [&](const CoarseMatch& match) {
    return best.at(square_of(match)).first != match.first;
  });
}

}  // namespace gsttorch
