// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/loftrmatch/pair_matcher.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace gsttorch {

MatchWorkspace PairMatcher::workspace(int width, int height, int pairs,
                                      const MatchOptions& options) const {
  return is_adaptive() ? adaptive_workspace(models(), width, height, pairs, options)
                       : full_->workspace(width, height, pairs, options);
}

Result<std::uint64_t> PairMatcher::prepare(MatchImage& image, const MatchOptions& options,
                                           const std::stop_token& stop) const {
  std::uint64_t encodes = 0;
  if (is_adaptive()) return encodes;
  const auto features = image.features(*full_, options, image.whole(), encodes, stop);
  if (!features) return features.error();
  image.drop_pixels();
  return encodes;
}

Result<AdaptiveEncodes> PairMatcher::match(std::span<const ImagePair> pairs, const MatchPlan& plan,
                                           const std::stop_token& stop) const {
  if (is_adaptive()) return match_adaptively(pairs, plan, stop);
  while (!pairs.empty()) {
    const auto batch = pairs.first(std::min(static_cast<std::size_t>(plan.pairs), pairs.size()));
    if (auto done = match_batch(batch, plan.options, stop); !done) return done.error();
    pairs = pairs.subspan(batch.size());
  }
  return AdaptiveEncodes{};
}

Result<void> PairMatcher::match_batch(std::span<const ImagePair> pairs, const MatchOptions& options,
                                      const std::stop_token& stop) const {
  const auto features = [&](MatchImage& image) {
    std::uint64_t encodes = 0;  // stays 0, because the image is prepared
    return image.features(*full_, options, image.whole(), encodes);
  };
  std::vector<MatchPair> frames;
  for (const ImagePair& pair : pairs) {
    const auto first = features(*pair.first), second = features(*pair.second);
    if (!first) return first.error();
    if (!second) return second.error();
    frames.push_back({*first, *second});
  }
  auto results = full_->match(frames, options, stop);
  if (!results) return results.error();
  for (std::size_t i = 0; i < pairs.size(); i++) {
    pairs[i].result().matches = std::move((*results)[i].matches);
  }
  return {};
}

Result<AdaptiveEncodes> PairMatcher::match_adaptively(std::span<const ImagePair> pairs,
                                                      const MatchPlan& plan,
                                                      const std::stop_token& stop) const {
  std::vector<AdaptivePair> images;
  for (const ImagePair& pair : pairs) images.push_back({pair.first.get(), pair.second.get()});
  AdaptiveEncodes encodes;
  auto results = gsttorch::match_adaptively(models(), images, plan.options,
                                            static_cast<std::size_t>(plan.pairs), encodes, stop);
  if (!results) return results.error();
  for (std::size_t i = 0; i < pairs.size(); i++) {
    PairMatches& one = pairs[i].result();
    one.matches = std::move((*results)[i].matches);
    one.adaptive = std::move((*results)[i]);
  }
  return encodes;
}

}  // namespace gsttorch
