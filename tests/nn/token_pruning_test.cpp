// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/loftr/token_pruning.h"

#include <algorithm>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "lib/nn/loftr/loftr.h"
#include "tests/nn/formula.h"
#include "tests/nn/loftr_formula.h"
#include "tests/support/paths.h"

namespace gsttorch {
namespace {

constexpr std::int64_t kBorder = LoftrConfig::kBorder;

std::vector<std::int64_t> numbers(const at::Tensor& x) {
  const at::Tensor flat = x.contiguous();
  return {flat.const_data_ptr<std::int64_t>(), flat.const_data_ptr<std::int64_t>() + flat.numel()};
}

// Mean of f over the side x side cells around a cell, as far as these lie inside the map.
template <typename Fn>
auto mean_around(std::int64_t y, std::int64_t x, std::int64_t side, const CoarseGrid& grid,
                 Fn&& f) {
  auto sum = f(y, x) * 0;
  int count = 0;
  for (std::int64_t v = std::max<std::int64_t>(0, y - side / 2); v <= y + side / 2; v++) {
    for (std::int64_t u = std::max<std::int64_t>(0, x - side / 2); u <= x + side / 2; u++) {
      if (v >= grid.height || u >= grid.width) continue;
      sum = sum + f(v, u);
      count++;
    }
  }
  return sum / count;
}

// Computes the strength cell by cell.
double plain_strength(const at::Tensor& tokens, std::int64_t y, std::int64_t x) {
  const CoarseGrid grid = {tokens.size(2), tokens.size(3)};
  const auto token = [&](std::int64_t v, std::int64_t u) {
    return tokens[0].select(2, u).select(1, v);
  };
  return mean_around(y, x, 5, grid, [&](std::int64_t v, std::int64_t u) {
    return (token(v, u) - mean_around(v, u, 3, grid, token)).norm().item<double>();
  });
}

TEST(TokenPruning, keeps_the_inner_cells_whose_surroundings_vary_most) {
  const c10::InferenceMode guard;
  const CoarseGrid grid = {11, 13};
  const at::Tensor tokens = formula::noise_tensor(1, {1, 8, grid.height, grid.width}) *
                            formula::noise_tensor(2, {1, 1, grid.height, grid.width});
  for (const double share : {0.6, 0.8}) {
    const auto kept = numbers(strongest_cells(tokens, share, kBorder));
    ASSERT_EQ(kept.size(), static_cast<std::size_t>(143 - std::llround(share * 143)));
    EXPECT_TRUE(std::is_sorted(kept.begin(), kept.end()));
    const std::set<std::int64_t> is_kept(kept.begin(), kept.end());
    double weakest_kept = 1e9, strongest_left_out = 0;
    for (std::int64_t cell = 0; cell < grid.size(); cell++) {
      if (!grid.is_inside(cell, kBorder)) {
        EXPECT_EQ(is_kept.count(cell), 0u) << cell;
        continue;
      }
      const double strength = plain_strength(tokens, cell / grid.width, cell % grid.width);
      double& bound = is_kept.count(cell) ? weakest_kept : strongest_left_out;
      bound = is_kept.count(cell) ? std::min(bound, strength) : std::max(bound, strength);
    }
    EXPECT_GT(weakest_kept, strongest_left_out - 1e-5);
  }
}

TEST(TokenPruning, leaves_out_the_border_before_any_cell_that_may_match) {
  const c10::InferenceMode guard;
  const at::Tensor tokens = formula::noise_tensor(1, {1, 8, 11, 13});
  const CoarseGrid grid = {11, 13};
  std::size_t inner = 0;
  for (const std::int64_t cell : numbers(strongest_cells(tokens, 0.2, kBorder))) {
    inner += grid.is_inside(cell, kBorder);
  }
  EXPECT_EQ(inner, 7u * 9u);
}

TEST(TokenPruning, of_an_image_of_few_or_equal_cells_some_stay) {
  const c10::InferenceMode guard;
  EXPECT_EQ(strongest_cells(at::ones({1, 8, 1, 1}), 0.9, kBorder).numel(), 1);
  EXPECT_EQ(strongest_cells(at::ones({1, 8, 3, 2}), 0.5, kBorder).numel(), 3);
  EXPECT_EQ(strongest_cells(at::zeros({1, 8, 20, 10}), 0.9, kBorder).numel(), 20);
  EXPECT_EQ(strongest_cells(at::zeros({1, 8, 20, 10}), 0, kBorder).numel(), 200);
}

TEST(TokenPruning, cells_that_were_taken_go_back_to_their_places) {
  const c10::InferenceMode guard;
  const at::Tensor tokens = formula::noise_tensor(1, {1, 8, 5, 7});
  const at::Tensor cells = at::tensor({3, 8, 34}, at::kLong);
  const at::Tensor taken = gather_cells(tokens, cells);
  ASSERT_EQ(taken.sizes().vec(), (std::vector<std::int64_t>{1, 8, 1, 3}));
  const at::Tensor put = put_cells(taken, cells, {5, 7});
  const at::Tensor mask = at::zeros({35}).index_fill(0, cells, 1).view({1, 1, 5, 7});
  EXPECT_TRUE(put.equal(tokens * mask));
}

// One model, two images and the matches of a part of their cells.
class PrunedLoftr : public testing::TestWithParam<const char*> {
 protected:
  static Loftr::Options filtered(double share) {
    Loftr::Options options;
    options.threshold = 0;
    options.token_pruning = share;
    return options;
  }
  Loftr::Matches match(const Loftr::ImagePair& pair, double share) const {
    return net_.match(std::span(&pair, 1), filtered(share)).front();
  }

  static std::string shapes(const std::string& name) {
    return source_file("tests/nn/goldens/loftr_" + name + ".shapes");
  }
  static LoftrProperties properties() {
    return GetParam() == std::string("narrow") ? LoftrProperties{{"heads", "4"}}
                                               : LoftrProperties{};
  }

  const c10::InferenceMode guard_;
  const StateDict state_ = formula::loftr_state(shapes(GetParam()));
  const LoftrConfig config_ = loftr_config(state_, properties());
  const Loftr net_{ModuleWeights(state_, c10::kCPU), config_};
  const std::int64_t height_ = 24 * config_.coarse_stride(), width_ = 32 * config_.coarse_stride();
  const std::shared_ptr<const Loftr::Image> first_ = net_.encode(
                                                formula::grey_image(height_, width_, 0, 0)),
                                            second_ = net_.encode(
                                                formula::grey_image(height_, width_, 16, 16));
  const Loftr::ImagePair pair_ = {first_.get(), second_.get()};
};

void expect_same(const Loftr::Matches& ours, const Loftr::Matches& theirs) {
  ASSERT_EQ(ours.coarse.size(), theirs.coarse.size());
  for (std::size_t i = 0; i < ours.coarse.size(); i++) {
    EXPECT_EQ(ours.coarse[i].first, theirs.coarse[i].first);
    EXPECT_EQ(ours.coarse[i].second, theirs.coarse[i].second);
    EXPECT_NEAR(ours.coarse[i].confidence, theirs.coarse[i].confidence, 1e-6);
  }
  EXPECT_LT((ours.offsets - theirs.offsets).abs().max().item<float>(), 1e-3);
}

TEST_P(PrunedLoftr, a_share_of_less_than_a_cell_gives_the_exact_matches) {
  const Loftr::Matches exact = match(pair_, 0);
  ASSERT_GT(exact.coarse.size(), 90u);
  expect_same(match(pair_, 1e-4), exact);
}

// Computes all layers and the dual softmax in plain ATen over the remaining tokens.
TEST_P(PrunedLoftr, matches_what_is_left_as_plain_aten_does) {
  const double share = 0.4;
  const LoftrTransformer transformer(ModuleWeights(state_, c10::kCPU) / "loftr_coarse",
                                     first_->tokens().size(1), config_.coarse_layers, config_);
  const at::Tensor cells0 = strongest_cells(first_->tokens(), share, kBorder);
  const at::Tensor cells1 = strongest_cells(second_->tokens(), share, kBorder);
  at::Tensor x0 = first_->tokens().flatten(2).index_select(2, cells0).unsqueeze(2);
  at::Tensor x1 = second_->tokens().flatten(2).index_select(2, cells1).unsqueeze(2);
  for (int i = 1; i < config_.coarse_layers; i++) {
    const bool is_cross = i % 2 == 1;
    x0 = transformer.plain_layer(i, x0, is_cross ? x1 : x0);
    x1 = transformer.plain_layer(i, x1, is_cross ? x0 : x1);
  }
  const at::Tensor a = x0.flatten(1, 2).squeeze(0).t(), b = x1.flatten(1, 2).squeeze(0).t();
  const at::Tensor s =
      at::mm(a, b.t()) / (static_cast<double>(a.size(1)) * LoftrConfig::kTemperature);
  const at::Tensor confidence = s.softmax(0) * s.softmax(1);
  const auto [best, partner] = confidence.max(1);
  const at::Tensor is_mutual = confidence.amax(0).index_select(0, partner) == best;

  std::map<std::int64_t, std::int64_t> places;  // from cell of the first image to kept index
  for (std::int64_t i = 0; i < cells0.numel(); i++) places[cells0[i].item<std::int64_t>()] = i;
  std::size_t unexplained = 0;
  const Loftr::Matches found = match(pair_, share);
  ASSERT_GT(found.coarse.size(), 40u);
  for (const CoarseMatch& m : found.coarse) {
    ASSERT_TRUE(places.count(m.first));
    const std::int64_t i = places[m.first];
    EXPECT_NEAR(best[i].item<float>(), m.confidence, 1e-5);
    // Rounding may decide ties either way.
    unexplained +=
        cells1[partner[i]].item<std::int64_t>() != m.second && best[i].item<float>() > 1e-5f;
  }
  EXPECT_EQ(unexplained, 0u);
  std::int64_t wanted = 0;
  for (std::int64_t i = 0; i < cells0.numel(); i++) {
    const CoarseGrid grid = first_->grid();
    wanted += is_mutual[i].item<bool>() &&
              grid.is_inside(cells0[i].item<std::int64_t>(), kBorder) &&
              grid.is_inside(cells1[partner[i]].item<std::int64_t>(), kBorder);
  }
  EXPECT_NEAR(static_cast<double>(found.coarse.size()), wanted, 0.005 * wanted + 1);
}

TEST_P(PrunedLoftr, each_pair_of_a_batch_has_its_own_cells) {
  const auto third = net_.encode(formula::grey_image(height_, width_, 96, 40));
  const Loftr::ImagePair pairs[] = {pair_, {second_.get(), third.get()}};
  const auto together = net_.match(pairs, filtered(0.5));
  for (std::size_t i = 0; i < 2; i++) {
    const Loftr::Matches alone = match(pairs[i], 0.5);
    EXPECT_NEAR(together[i].coarse.size(), alone.coarse.size(), 0.01 * alone.coarse.size());
    std::size_t same = 0;
    for (const CoarseMatch& m : alone.coarse) {
      same += std::any_of(together[i].coarse.begin(), together[i].coarse.end(), [&](const auto& o) {
        return o.first == m.first && o.second == m.second;
      });
    }
    EXPECT_GE(same, 0.99 * alone.coarse.size());
  }
}

TEST_P(PrunedLoftr, images_of_different_sizes_keep_each_its_share) {
  const auto other = net_.encode(formula::grey_image(height_ - 4 * net_.stride(), width_, 16, 16));
  const Loftr::ImagePair pair = {first_.get(), other.get()};
  const auto coarse = net_.coarse_tokens(std::span(&pair, 1), 0.25);
  EXPECT_EQ(coarse.tokens.x0.size(3), 24 * 32 * 3 / 4);
  EXPECT_EQ(coarse.tokens.x1.size(3), 20 * 32 * 3 / 4);
  for (const CoarseMatch& m : match(pair, 0.25).coarse) EXPECT_LT(m.second, 20 * 32);
}

TEST_P(PrunedLoftr, runs_on_the_meta_device_without_a_hidden_cpu_tensor) {
  const Loftr net(ModuleWeights(state_, c10::kMeta), config_);
  const auto image = net.encode(at::empty({1, 1, 96, 128}, at::TensorOptions(c10::kMeta)));
  const Loftr::ImagePair pair = {image.get(), image.get()};
  const auto coarse = net.coarse_tokens(std::span(&pair, 1), 0.5);
  const std::int64_t kept = image->grid().size() / 2;
  for (const at::Tensor& tokens : {coarse.tokens.x0, coarse.tokens.x1}) {
    EXPECT_TRUE(tokens.is_meta());
    EXPECT_EQ(tokens.sizes().vec(),
              (std::vector<std::int64_t>{1, image->tokens().size(1), 1, kept}));
  }
  EXPECT_TRUE(put_cells(coarse.tokens.x0, coarse.first.front(), image->grid()).is_meta());
}

INSTANTIATE_TEST_SUITE_P(Nets, PrunedLoftr, testing::Values("narrow", "student"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace gsttorch
