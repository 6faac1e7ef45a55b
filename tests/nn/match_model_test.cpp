// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/loftr/match_model.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/nn/memory/cpu_memory.h"
#include "tests/support/bf16.h"
#include "tests/support/formula.h"
#include "tests/support/loftr_model.h"
#include "tests/support/paths.h"
#include "tests/support/small_model.h"

namespace gsttorch {
namespace {

// Grey tiles of 4x4 pixels, shifted by (dx, dy).
class Image {
 public:
  Image(int width, int height, int dx, int dy, std::uint8_t blank = 0)
      : width_(width), height_(height), pixels_(static_cast<std::size_t>(width * height), blank) {
    if (blank) return;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        const auto tile = static_cast<std::uint32_t>((y + dy) / 4 * 4096 + (x + dx) / 4);
        pixels_[static_cast<std::size_t>(y * width + x)] =
            static_cast<std::uint8_t>((formula::noise(1000, tile) + 1) * 127);
      }
    }
  }
  SingleUseImage image() const {
    ImageView view;
    view.format = PixelFormat::GRAY8;
    view.width = width_;
    view.height = height_;
    view.planes[0] = {pixels_.data(), width_};
    view.color.full_range = true;
    return SingleUseImage(view);
  }

 private:
  int width_, height_;
  std::vector<std::uint8_t> pixels_;
};

class MatchModelTest : public testing::Test {
 protected:
  static std::unique_ptr<MatchModel> load(const std::string& path,
                                          Precision precision = Precision::Auto) {
    install_counting_allocator();
    auto model = create_match_model({path, "cpu", precision});
    if (!model) throw std::runtime_error(model.error().message);
    return std::move(*model);
  }
  std::shared_ptr<const MatchFrame> encode(const Image& source, const MatchOptions& options) {
    SingleUseImage image = source.image();
    auto frame = model_->encode(image, options);
    if (!frame) throw std::runtime_error(frame.error().message);
    return *frame;
  }
  std::vector<Match> match(const Image& first, const Image& second, const MatchOptions& options) {
    const MatchPair pair = {encode(first, options), encode(second, options)};
    auto results = model_->match(std::span(&pair, 1), options);
    if (!results) throw std::runtime_error(results.error().message);
    return results->front().matches;
  }
  static MatchOptions any() {
    MatchOptions options;
    options.threshold = 0;
    return options;
  }

  void expect_stated_memory();

  std::unique_ptr<MatchModel> model_ = load(small_loftr_model());
};

double median_error(const std::vector<Match>& matches, double dx, double dy) {
  std::vector<double> errors;
  for (const Match& m : matches) {
    errors.push_back(std::hypot(m.x1 - (m.x0 - dx), m.y1 - (m.y0 - dy)));
  }
  std::nth_element(errors.begin(), errors.begin() + errors.size() / 2, errors.end());
  return errors[errors.size() / 2];
}

TEST_F(MatchModelTest, finds_where_a_moved_image_went) {
  const auto matches = match({256, 192, 0, 0}, {256, 192, 16, 8}, any());
  ASSERT_GT(matches.size(), 100u);
  EXPECT_LT(median_error(matches, 16, 8), 2);
  EXPECT_EQ(model_->info().architecture, "loftr");
  EXPECT_EQ(model_->info().cell_px, 8);
}

TEST_F(MatchModelTest, threshold_and_number_limit_the_matches) {
  const Image first(256, 192, 0, 0), second(256, 192, 16, 8);
  const auto all = match(first, second, any());
  MatchOptions options = any();
  options.threshold = 0.05;
  const auto sure = match(first, second, options);
  ASSERT_GT(sure.size(), 0u);
  EXPECT_LT(sure.size(), all.size());
  for (const Match& m : sure) EXPECT_GT(m.confidence, 0.05f);
  options = any();
  options.max_matches = 10;
  EXPECT_EQ(match(first, second, options).size(), 10u);
}

TEST_F(MatchModelTest, spacing_keeps_the_most_confident_match_of_each_square) {
  const Image first(256, 192, 0, 0), second(256, 192, 16, 8);
  const auto all = match(first, second, any());
  MatchOptions options = any();
  options.spacing = 3;
  const auto spread = match(first, second, options);
  std::map<std::pair<int, int>, float> best;
  for (const Match& m : all) {
    float& most = best[{static_cast<int>(m.y0) / 24, static_cast<int>(m.x0) / 24}];
    most = std::max(most, m.confidence);
  }
  ASSERT_EQ(spread.size(), best.size());
  EXPECT_LT(spread.size(), all.size() / 2);
  for (const Match& m : spread) {
    const std::pair square(static_cast<int>(m.y0) / 24, static_cast<int>(m.x0) / 24);
    EXPECT_NEAR(m.confidence, best.at(square), 1e-6);
  }
  EXPECT_TRUE(std::is_sorted(spread.begin(), spread.end(), [](const Match& a, const Match& b) {
    return a.y0 != b.y0 ? a.y0 < b.y0 : a.x0 < b.x0;
  }));
  options.spacing = 0;
  const MatchPair pair = {encode(first, options), encode(second, options)};
  EXPECT_EQ(model_->match(std::span(&pair, 1), options).error().code, ErrorCode::BadArgument);
}

TEST_F(MatchModelTest, token_pruning_leaves_out_cells_and_the_matches_of_these) {
  const Image first(256, 192, 0, 0), second(256, 192, 16, 8);
  const auto all = match(first, second, any());
  MatchOptions options = any();
  options.token_pruning = 0.5;
  const auto fewer = match(first, second, options);
  EXPECT_LT(fewer.size(), all.size());
  ASSERT_GT(fewer.size(), 50u);
  EXPECT_LT(median_error(fewer, 16, 8), 2);
  options.token_pruning = 0.9;
  EXPECT_LE(match(first, second, options).size(), 32u * 24u / 10u + 1);
}

TEST_F(MatchModelTest, refuses_a_token_pruning_of_no_share) {
  const auto frame = encode({64, 64, 0, 0}, any());
  const MatchPair pair = {frame, frame};
  for (const double share : {-0.1, 0.95, std::nan("")}) {
    MatchOptions options = any();
    options.token_pruning = share;
    const auto refused = model_->match(std::span(&pair, 1), options);
    ASSERT_FALSE(refused) << share;
    EXPECT_EQ(refused.error().code, ErrorCode::BadArgument);
    EXPECT_THAT(refused.error().message, testing::HasSubstr("token pruning"));
  }
}

TEST_F(MatchModelTest, coordinates_are_those_of_the_frame_whatever_its_size_inside_the_model) {
  MatchOptions options = any();
  options.max_size = 256;
  const auto matches = match({512, 384, 0, 0}, {512, 384, 64, 32}, options);
  ASSERT_GT(matches.size(), 20u);
  float largest = 0;
  for (const Match& m : matches) {
    largest = std::max(largest, m.x0);
    // Cell (x, y) is pixel (8 x, 8 y) of 256x192, whose pixels are twice as large as the frame's.
    EXPECT_NEAR(std::fmod(m.x0 - 0.5f, 16.f), 0, 1e-3);
  }
  EXPECT_GT(largest, 300);
}

TEST_F(MatchModelTest, frames_of_odd_and_of_different_sizes_match_inside_their_images) {
  const auto matches = match({251, 189, 0, 0}, {203, 177, 16, 8}, any());
  ASSERT_GT(matches.size(), 50u);
  EXPECT_LT(median_error(matches, 16, 8), 2);
  for (const Match& m : matches) {
    EXPECT_TRUE(m.x0 >= 0 && m.x0 <= 250 && m.y0 >= 0 && m.y0 <= 188);
    EXPECT_TRUE(m.x1 >= 0 && m.x1 <= 202 && m.y1 >= 0 && m.y1 <= 176);
  }
}

TEST_F(MatchModelTest, nothing_to_see_is_no_match_and_no_error) {
  MatchOptions options;
  EXPECT_TRUE(match({64, 64, 0, 0, 255}, {64, 64, 0, 0, 255}, options).empty());
  EXPECT_TRUE(match({1, 1, 0, 0, 255}, {256, 192, 0, 0}, any()).empty());
  EXPECT_TRUE(match({256, 192, 0, 0}, {3, 1, 0, 0}, any()).empty());
  MatchOptions few = any();
  few.token_pruning = 0.9;
  EXPECT_TRUE(match({1, 1, 0, 0, 255}, {256, 192, 0, 0}, few).empty());
  options.token_pruning = 0.5;
  EXPECT_TRUE(match({256, 192, 0, 0, 255}, {256, 192, 0, 0, 255}, options).empty());
}

TEST_F(MatchModelTest, several_pairs_equal_one_by_one) {
  const auto a = encode({256, 192, 0, 0}, any()), b = encode({256, 192, 16, 8}, any());
  const auto c = encode({192, 192, 0, 0}, any());
  const MatchPair pairs[] = {{a, b}, {b, a}, {a, c}};
  const auto together = model_->match(pairs, any());
  ASSERT_TRUE(together);
  for (std::size_t i = 0; i < 3; i++) {
    const auto alone = model_->match(std::span(pairs + i, 1), any());
    ASSERT_TRUE(alone);
    ASSERT_EQ((*together)[i].matches.size(), alone->front().matches.size());
    for (std::size_t m = 0; m < alone->front().matches.size(); m++) {
      EXPECT_NEAR((*together)[i].matches[m].x1, alone->front().matches[m].x1, 1e-3);
      EXPECT_NEAR((*together)[i].matches[m].confidence, alone->front().matches[m].confidence, 1e-5);
    }
  }
}

void MatchModelTest::expect_stated_memory() {
  for (const auto& [chunk, share] : {std::pair{16, 0.}, {128, 0.}, {128, 0.02}}) {
    MatchOptions options = any();
    options.chunk = chunk;
    options.token_pruning = share;
    const Image first(640, 480, 0, 0), second(640, 480, 16, 8);
    const MatchWorkspace workspace = model_->workspace(640, 480, 1, options);
    reset_cpu_memory_peak();
    std::size_t before = cpu_memory().current;
    const auto a = encode(first, options);
    EXPECT_LE(cpu_memory().peak - before, workspace.encode);
    EXPECT_GT(3 * (cpu_memory().peak - before), workspace.encode);
    EXPECT_LE(cpu_memory().current - before, workspace.features + (1 << 20));
    EXPECT_GE(cpu_memory().current - before, workspace.features);
    const auto b = encode(second, options);
    reset_cpu_memory_peak();
    before = cpu_memory().current;
    const MatchPair pair = {a, b};
    ASSERT_TRUE(model_->match(std::span(&pair, 1), options));
    EXPECT_LE(cpu_memory().peak - before, workspace.match);
    EXPECT_GT(4 * (cpu_memory().peak - before), workspace.match);
  }
}

TEST_F(MatchModelTest, states_at_least_what_it_takes_and_not_much_more) { expect_stated_memory(); }

TEST_F(MatchModelTest, in_bfloat16_takes_less_and_says_so) {
  SKIP_WITHOUT_BF16();
  const auto exact = model_->workspace(640, 480, 1, any());
  model_ = load(small_loftr_model(), Precision::Bf16);
  EXPECT_EQ(model_->info().precision, Precision::Bf16);
  EXPECT_LT(model_->workspace(640, 480, 1, any()).features, exact.features * 3 / 4);
  expect_stated_memory();
}

TEST_F(MatchModelTest, out_of_memory_is_an_error_and_no_crash) {
  const auto a = encode({256, 192, 0, 0}, any()), b = encode({256, 192, 16, 8}, any());
  const MatchPair pair = {a, b};
  set_cpu_memory_limit(cpu_memory().current + (1 << 18));
  const auto refused = model_->match(std::span(&pair, 1), any());
  set_cpu_memory_limit(0);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::OutOfMemory);
  EXPECT_TRUE(model_->match(std::span(&pair, 1), any()));  // the model still works
}

TEST_F(MatchModelTest, smaller_chunks_give_the_same_matches) {
  const Image first(256, 192, 0, 0), second(256, 192, 16, 8);
  const auto at_once = match(first, second, any());
  ASSERT_GT(at_once.size(), 128u);
  MatchOptions options = any();
  options.chunk = 16;
  const auto in_chunks = match(first, second, options);
  ASSERT_EQ(in_chunks.size(), at_once.size());
  for (std::size_t i = 0; i < at_once.size(); i++) {
    EXPECT_EQ(in_chunks[i].x0, at_once[i].x0);
    EXPECT_NEAR(in_chunks[i].x1, at_once[i].x1, 1e-3);
    EXPECT_NEAR(in_chunks[i].y1, at_once[i].y1, 1e-3);
  }
}

TEST(MatchModelLoading, tells_weights_of_another_model) {
  const auto model = create_match_model({small_flow_model(), "cpu"});
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::WrongArchitecture);
  EXPECT_THAT(model.error().message, testing::HasSubstr("loftr_coarse.layers.0.q_proj.weight"));
}

TEST(MatchModelLoading, reads_the_bundled_model_whose_file_tells_heads_and_encoding) {
  const auto model =
      create_match_model({source_file("models/bundled/loftr-lite.safetensors"), "cpu"});
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ((*model)->info().architecture, "loftr");
}

}  // namespace
}  // namespace gsttorch
