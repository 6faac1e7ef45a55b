// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/matching/adaptive_match.h"

#include <algorithm>
#include <utility>

namespace gsttorch {
namespace {

constexpr double kCoarseThreshold = 0.2;  // maximum, however strict the user's threshold is

// One pair in one pass through a model.
struct Pass {
  MatchPair frames;
  MatchOptions options;
};

MatchOptions coarse_options(const MatchModel& model, const MatchImage& image,
                            const MatchOptions& options) {
  const int cell = model.info().cell_px;
  MatchOptions coarse = options;
  coarse.max_size = coarse_size(image.width(), image.height(), options.max_size, cell);
  coarse.spacing = coarse_spacing(coarse.max_size, image.width(), image.height(), cell);
  coarse.threshold = std::min(options.threshold, kCoarseThreshold);
  coarse.max_matches = 0;
  coarse.token_pruning = 0;
  return coarse;
}

// Returns the smaller of two limits, where 0 means no limit.
std::size_t fewer(std::size_t a, std::size_t b) {
  return a == 0 || b == 0 ? a + b : std::min(a, b);
}

void move_by(std::vector<Match>& matches, const ImageRegion& first, const ImageRegion& second) {
  for (Match& match : matches) {
    match.x0 += static_cast<float>(first.x), match.y0 += static_cast<float>(first.y);
    match.x1 += static_cast<float>(second.x), match.y1 += static_cast<float>(second.y);
  }
}

// Removes the matches that the full pass would have omitted.
void limit(std::vector<Match>& matches, const MatchOptions& options) {
  std::erase_if(matches, [&](const Match& m) { return !(m.confidence > options.threshold); });
  if (options.max_matches == 0 || matches.size() <= options.max_matches) return;
  std::vector<float> best;
  best.reserve(matches.size());
  for (const Match& match : matches) best.push_back(match.confidence);
  const auto last = best.begin() + static_cast<std::ptrdiff_t>(options.max_matches) - 1;
  std::nth_element(best.begin(), last, best.end(), std::greater<>());
  const float least = *last;
  std::erase_if(matches, [&](const Match& m) { return m.confidence < least; });
  matches.resize(std::min(matches.size(), options.max_matches));
}

class AdaptiveMatcher {
 public:
  AdaptiveMatcher(const AdaptiveModels& models, const MatchOptions& options, std::size_t most,
                  AdaptiveEncodes& encodes, const std::stop_token& stop)
      : models_(models), options_(options), most_(most), encodes_(encodes), stop_(stop) {}

  Result<std::vector<AdaptiveResult>> run(std::span<const AdaptivePair> pairs) {
    std::vector<AdaptiveResult> results(pairs.size());
    auto coarse = coarse_pass(pairs);
    if (!coarse) return coarse.error();
    std::vector<std::size_t> unfinished;
    for (std::size_t i = 0; i < pairs.size(); i++) {
      const MatchImage& second = *pairs[i].second;
      results[i].matches = std::move((*coarse)[i].matches);
      results[i].size = coarse_options(models_.coarse, second, options_).max_size;
      results[i].plan = plan_adaptive(request(pairs[i], results[i].size), results[i].matches);
      if (results[i].plan.needs_full_pass) unfinished.push_back(i);
      if (results[i].plan.overlap == Overlap::None) results[i].matches.clear();
      limit(results[i].matches, options_);
    }
    if (auto done = full_pass(pairs, unfinished, results); !done) return done.error();
    return results;
  }

 private:
  AdaptiveRequest request(const AdaptivePair& pair, int size) const {
    AdaptiveRequest request;
    request.first_width = pair.first->width();
    request.first_height = pair.first->height();
    request.second_width = pair.second->width();
    request.second_height = pair.second->height();
    request.max_size = options_.max_size;
    request.cell_px = models_.full.info().cell_px;
    request.coarse_size = size;
    request.coarse_is_refined = models_.coarse.info().has_fine_stage;
    return request;
  }

  Result<std::vector<MatchResult>> coarse_pass(std::span<const AdaptivePair> pairs) {
    std::vector<Pass> passes;
    for (const AdaptivePair& pair : pairs) {
      Pass pass;
      pass.options = coarse_options(models_.coarse, *pair.second, options_);
      const MatchOptions of_first = coarse_options(models_.coarse, *pair.first, options_);
      auto first = pair.first->features(models_.coarse, of_first, pair.first->whole(),
                                        encodes_.coarse, stop_);
      if (!first) return first.error();
      auto second = pair.second->features(models_.coarse, pass.options, pair.second->whole(),
                                          encodes_.coarse, stop_);
      if (!second) return second.error();
      pass.frames = {*first, *second};
      passes.push_back(std::move(pass));
    }
    return match(models_.coarse, passes);
  }

  Result<std::shared_ptr<const MatchFrame>> full_features(MatchImage& image,
                                                          const AdaptiveSide& side,
                                                          std::uint64_t& encodes) {
    MatchOptions options = options_;
    // Uses the same cache key for "whole" and for the equivalent size.
    if (side.region != image.whole() || side.size != natural_size(image)) {
      options.max_size = side.size;
    }
    return image.features(models_.full, options, side.region, encodes, stop_);
  }

  int natural_size(const MatchImage& image) const {
    const int longer = std::max(image.width(), image.height());
    return options_.max_size > 0 ? std::min(options_.max_size, longer) : longer;
  }

  Result<void> full_pass(std::span<const AdaptivePair> pairs,
                         const std::vector<std::size_t>& unfinished,
                         std::vector<AdaptiveResult>& results) {
    std::vector<Pass> passes;
    for (const std::size_t i : unfinished) {
      const AdaptivePlan& plan = results[i].plan;
      auto first = full_features(*pairs[i].first, plan.first, encodes_.first);
      if (!first) return first.error();
      auto second = full_features(*pairs[i].second, plan.second, encodes_.second);
      if (!second) return second.error();
      passes.push_back({{*first, *second}, options_});
      passes.back().options.spacing = plan.spacing;
      passes.back().options.max_matches = fewer(options_.max_matches, plan.max_matches);
    }
    auto found = match(models_.full, passes);
    if (!found) return found.error();
    for (std::size_t i = 0; i < unfinished.size(); i++) {
      AdaptiveResult& result = results[unfinished[i]];
      result.matches = std::move((*found)[i].matches);
      result.passes = 2;
      result.size = result.plan.second.size;
      move_by(result.matches, result.plan.first.region, result.plan.second.region);
    }
    return {};
  }

  // Batches consecutive passes that have the same options.
  Result<std::vector<MatchResult>> match(MatchModel& model, const std::vector<Pass>& passes) {
    std::vector<MatchResult> results;
    while (results.size() < passes.size()) {
      const MatchOptions& options = passes[results.size()].options;
      std::vector<MatchPair> batch;
      for (std::size_t i = results.size(); i < passes.size() && batch.size() < most_; i++) {
        if (!(passes[i].options == options)) break;
        batch.push_back(passes[i].frames);
      }
      auto found = model.match(batch, options, stop_);
      if (!found) return found.error();
      std::move(found->begin(), found->end(), std::back_inserter(results));
    }
    return results;
  }

  const AdaptiveModels& models_;
  const MatchOptions& options_;
  const std::size_t most_;
  AdaptiveEncodes& encodes_;
  const std::stop_token& stop_;
};

}  // namespace

MatchWorkspace adaptive_workspace(const AdaptiveModels& models, int width, int height, int pairs,
                                  const MatchOptions& options) {
  constexpr std::size_t kLargestPixel = 6;  // bytes, over all formats
  MatchOptions coarse_options = options;
  coarse_options.max_size =
      coarse_size(width, height, options.max_size, models.coarse.info().cell_px);
  const MatchWorkspace full = models.full.workspace(width, height, pairs, options);
  const MatchWorkspace coarse = models.coarse.workspace(width, height, pairs, coarse_options);
  const std::size_t pixels =
      kLargestPixel * static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  MatchWorkspace workspace;
  workspace.encode = std::max(full.encode, coarse.encode);
  workspace.match = std::max(full.match, coarse.match);
  // Of the whole image, of a region, and of the whole at the smaller size for still pairs.
  workspace.features = 5 * full.features / 2 + coarse.features + pixels;
  return workspace;
}

Result<std::vector<AdaptiveResult>> match_adaptively(const AdaptiveModels& models,
                                                     std::span<const AdaptivePair> pairs,
                                                     const MatchOptions& options, std::size_t most,
                                                     AdaptiveEncodes& encodes,
                                                     const std::stop_token& stop) {
  if (pairs.empty()) return std::vector<AdaptiveResult>{};
  return AdaptiveMatcher(models, options, std::max<std::size_t>(1, most), encodes, stop).run(pairs);
}

}  // namespace gsttorch
