// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/matching/adaptive_match.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace gsttorch {
namespace {

constexpr int kWidth = 640, kHeight = 480;

// A window of an endless world that begins `left` pixels from its origin. The first byte encodes
// its position.
std::shared_ptr<FrameImage> window(int left, int width = kWidth, int height = kHeight) {
  std::vector<std::uint8_t> pixels;
  for (int y = 0; y < height; y++) {
    for (int x = 0; x < width; x++) pixels.push_back(static_cast<std::uint8_t>((left + x) / 16));
  }
  ImageView view;
  view.format = PixelFormat::GRAY8;
  view.width = width;
  view.height = height;
  view.planes[0] = {pixels.data(), width};
  return std::make_shared<CopiedImage>(view);
}

struct WorldFrame final : MatchFrame {
  std::size_t bytes() const override { return 1000; }
  int left = 0, width = 0, height = 0;  // pixels of the given image
  double scale = 1;                     // model pixels per image pixel
};

// Finds every point of a cell grid in windows of one world, or nothing if `is_blind`.
class WorldModel final : public MatchModel {
 public:
  const MatchModelInfo& info() const override { return info_; }
  Result<std::shared_ptr<const MatchFrame>> encode(FrameImage& image, const MatchOptions& options,
                                                   std::stop_token) override {
    auto frame = std::make_shared<WorldFrame>();
    const int longer = std::max(image.width(), image.height());
    const int inside = options.max_size > 0 ? std::min(options.max_size, longer) : longer;
    frame->left = 16 * image.view()->planes[0].data[0];
    frame->width = image.width();
    frame->height = image.height();
    frame->scale = static_cast<double>(longer) / inside;
    sizes.push_back(inside);
    return std::shared_ptr<const MatchFrame>(std::move(frame));
  }
  MatchWorkspace workspace(int width, int height, int pairs, const MatchOptions&) const override {
    const auto pixels = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
    return {pixels, pixels, pixels * static_cast<std::size_t>(pairs)};
  }
  Result<std::vector<MatchResult>> match(std::span<const MatchPair> pairs,
                                         const MatchOptions& options, std::stop_token) override {
    calls++;
    token_prunings.push_back(options.token_pruning);
    if (fails_at == calls) return Error{ErrorCode::OutOfMemory, "no memory"};
    std::vector<MatchResult> results;
    for (const MatchPair& pair : pairs) {
      results.push_back({found(static_cast<const WorldFrame&>(*pair.first),
                               static_cast<const WorldFrame&>(*pair.second), options)});
    }
    return results;
  }

  std::vector<int> sizes;              // of all encoded images
  std::vector<double> token_prunings;  // of each call
  int calls = 0, fails_at = 0;
  bool is_blind = false;
  MatchModelInfo info_;

 private:
  std::vector<Match> found(const WorldFrame& first, const WorldFrame& second,
                           const MatchOptions& options) const {
    std::vector<Match> matches;
    const int step = static_cast<int>(8 * first.scale) * options.spacing;
    for (int y = 0; y < first.height && !is_blind; y += step) {
      for (int x = 0; x < first.width; x += step) {
        const int to = x + first.left - second.left;
        if (to < 0 || to >= second.width || y >= second.height) continue;
        const float confidence = 0.5f + static_cast<float>(x % 97) / 200;
        matches.push_back({float(x), float(y), float(to), float(y), confidence});
      }
    }
    if (options.max_matches > 0 && matches.size() > options.max_matches) {
      matches.resize(options.max_matches);
    }
    return matches;
  }
};

struct AdaptiveMatch : testing::Test {
  AdaptiveResult match(MatchImage& first, MatchImage& second) {
    const AdaptivePair pair = {&first, &second};
    auto results = match_adaptively({full, coarse}, std::span(&pair, 1), options, 1, encodes, {});
    if (!results) throw std::runtime_error(results.error().message);
    return std::move(results->front());
  }
  AdaptiveResult match(int left, int other_left) {
    MatchImage first(window(left)), second(window(other_left));
    return match(first, second);
  }

  WorldModel full, coarse;
  MatchOptions options;
  AdaptiveEncodes encodes;
};

TEST_F(AdaptiveMatch, a_still_pair_goes_through_the_full_model_at_a_smaller_size) {
  const AdaptiveResult still = match(64, 64);
  EXPECT_EQ(still.plan.overlap, Overlap::Still);
  EXPECT_EQ(still.passes, 2);
  EXPECT_EQ(still.size, 400);
  EXPECT_GT(still.matches.size(), 50u);
  EXPECT_EQ(full.sizes, (std::vector<int>{400, 400}));
  EXPECT_EQ(coarse.sizes, (std::vector<int>{160, 160}));
}

TEST_F(AdaptiveMatch, a_small_still_pair_needs_the_coarse_pass_alone) {
  options.max_size = 320;
  const AdaptiveResult still = match(64, 64);
  EXPECT_EQ(still.passes, 1);
  EXPECT_EQ(still.size, 160);
  EXPECT_GT(still.matches.size(), 50u);
  EXPECT_TRUE(full.sizes.empty());
}

TEST_F(AdaptiveMatch, images_that_share_nothing_need_the_coarse_pass_alone_and_give_no_match) {
  coarse.is_blind = true;
  const AdaptiveResult nothing = match(0, 160);
  EXPECT_EQ(nothing.plan.overlap, Overlap::None);
  EXPECT_EQ(nothing.passes, 1);
  EXPECT_TRUE(nothing.matches.empty());
  EXPECT_TRUE(full.sizes.empty());
}

TEST_F(AdaptiveMatch, a_moved_image_goes_through_both_models_at_their_sizes) {
  const AdaptiveResult moved = match(0, 64);
  EXPECT_EQ(moved.plan.overlap, Overlap::Large);
  EXPECT_EQ(moved.passes, 2);
  EXPECT_EQ(moved.size, kWidth);
  EXPECT_EQ(full.sizes, (std::vector<int>{kWidth, kWidth}));
  EXPECT_EQ(encodes.first, 1u);
  EXPECT_EQ(encodes.second, 1u);
  EXPECT_EQ(encodes.coarse, 2u);
  for (const Match& m : moved.matches) EXPECT_EQ(m.x1, m.x0 - 64);
}

TEST_F(AdaptiveMatch, matches_of_parts_are_in_pixels_of_the_whole) {
  const AdaptiveResult part = match(0, 400);
  ASSERT_EQ(part.plan.overlap, Overlap::Partial);
  EXPECT_GT(part.plan.first.region.x, 0);
  ASSERT_GT(part.matches.size(), 20u);
  float largest = 0;
  for (const Match& m : part.matches) {
    EXPECT_EQ(m.x1, m.x0 - 400);
    largest = std::max(largest, m.x0);
  }
  EXPECT_GT(largest, 560);
}

TEST_F(AdaptiveMatch, features_are_made_once_whatever_the_pairs_need) {
  MatchImage a(window(0)), b(window(64)), c(window(464)), d(window(464));
  match(a, b);                               // whole images
  const AdaptiveResult part = match(b, c);   // parts
  const AdaptiveResult still = match(c, d);  // whole images, but smaller
  EXPECT_EQ(part.plan.overlap, Overlap::Partial);
  EXPECT_EQ(still.plan.overlap, Overlap::Still);
  EXPECT_EQ(coarse.sizes.size(), 4u);
  EXPECT_EQ(full.sizes.size(), 6u);
  const AdaptiveResult again = match(b, c);
  EXPECT_EQ(again.matches, part.matches);
  EXPECT_EQ(full.sizes.size(), 6u);
  EXPECT_EQ(match(a, b).matches, match(0, 64).matches);  // whole-image features are still cached
}

TEST_F(AdaptiveMatch, features_of_another_part_take_the_place_of_those_before) {
  MatchImage a(window(0));
  MatchImage b(window(400)), c(window(464));
  const std::size_t before = (match(a, b), a.bytes());
  match(a, c);
  EXPECT_EQ(a.bytes(), before);
  EXPECT_EQ(match(a, b).matches, match(0, 400).matches);
}

TEST_F(AdaptiveMatch, pixels_are_there_as_long_as_they_may_be_wanted) {
  MatchImage a(window(0));
  ASSERT_TRUE(a.copy_pixels());
  EXPECT_EQ(a.bytes(), std::size_t{kWidth * kHeight});
  MatchImage b(window(64));
  EXPECT_EQ(match(a, b).passes, 2);
  EXPECT_EQ(a.bytes(), std::size_t{kWidth * kHeight} + 2000);
  a.drop_pixels();
  EXPECT_EQ(a.bytes(), 2000u);
  std::uint64_t made = 0;
  EXPECT_TRUE(a.features(full, options, a.whole(), made));
  EXPECT_FALSE(a.features(full, options, {0, 0, 64, 64}, made));
  EXPECT_EQ(made, 0u);
}

TEST_F(AdaptiveMatch, several_pairs_equal_one_by_one) {
  MatchImage a(window(0)), b(window(64)), c(window(464)), d(window(464));
  const AdaptivePair pairs[] = {{&a, &b}, {&b, &c}, {&c, &d}, {&a, &b}};
  const auto together = match_adaptively({full, coarse}, pairs, options, 3, encodes, {});
  ASSERT_TRUE(together);
  EXPECT_EQ(coarse.calls, 2);  // a batch of three pairs and one of one
  const int lefts[][2] = {{0, 64}, {64, 464}, {464, 464}, {0, 64}};
  for (std::size_t i = 0; i < 4; i++) {
    const AdaptiveResult alone = match(lefts[i][0], lefts[i][1]);
    EXPECT_EQ((*together)[i].matches, alone.matches);
    EXPECT_EQ((*together)[i].passes, alone.passes);
  }
}

TEST_F(AdaptiveMatch, threshold_and_number_hold_for_the_coarse_pass_too) {
  options.max_size = 320;
  options.max_matches = 7;
  const AdaptiveResult few = match(64, 64);
  EXPECT_EQ(few.passes, 1);
  EXPECT_EQ(few.matches.size(), 7u);
  options.max_matches = 0;
  options.threshold = 0.9;
  const AdaptiveResult sure = match(64, 64);
  EXPECT_EQ(sure.passes, 1);
  EXPECT_GT(sure.matches.size(), 0u);
  for (const Match& m : sure.matches) EXPECT_GT(m.confidence, 0.9f);
}

TEST_F(AdaptiveMatch, keeps_no_more_matches_than_are_of_use_or_wanted) {
  EXPECT_EQ(match(0, 64).matches.size(), 200u);
  options.max_matches = 40;
  EXPECT_EQ(match(0, 64).matches.size(), 40u);
}

TEST_F(AdaptiveMatch, tokens_are_filtered_in_the_full_pass_alone) {
  options.token_pruning = 0.3;
  EXPECT_EQ(match(0, 64).passes, 2);
  EXPECT_EQ(coarse.token_prunings, std::vector<double>{0});
  EXPECT_EQ(full.token_prunings, std::vector<double>{0.3});
}

TEST_F(AdaptiveMatch, max_size_caps_both_passes) {
  options.max_size = 320;
  EXPECT_EQ(match(0, 64).size, 320);
  EXPECT_EQ(coarse.sizes.front(), coarse_size(kWidth, kHeight, 320, 8));
  EXPECT_EQ(*std::max_element(full.sizes.begin(), full.sizes.end()), 320);
}

TEST_F(AdaptiveMatch, one_model_can_do_both_passes) {
  EXPECT_TRUE(match_adaptively({full, full}, {}, options, 1, encodes, {})->empty());
  MatchImage a(window(0)), b(window(64));
  const AdaptivePair pair = {&a, &b};
  const auto found = match_adaptively({full, full}, std::span(&pair, 1), options, 1, encodes, {});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->front().passes, 2);
  EXPECT_EQ(full.sizes.size(), 4u);
}

TEST_F(AdaptiveMatch, failure_of_either_model_is_its_error) {
  for (WorldModel* model : {&coarse, &full}) {
    model->fails_at = model->calls + 1;
    MatchImage a(window(0)), b(window(64));
    const AdaptivePair pair = {&a, &b};
    const auto failed =
        match_adaptively({full, coarse}, std::span(&pair, 1), options, 1, encodes, {});
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().message, "no memory");
    model->fails_at = 0;
  }
}

TEST_F(AdaptiveMatch, states_memory_for_both_passes_and_the_pixels) {
  const MatchWorkspace alone = full.workspace(kWidth, kHeight, 2, options);
  const MatchWorkspace both = adaptive_workspace({full, coarse}, kWidth, kHeight, 2, options);
  EXPECT_EQ(both.match, alone.match);
  EXPECT_GE(both.features, 3 * alone.features + std::size_t{kWidth * kHeight});
}

}  // namespace
}  // namespace gsttorch
