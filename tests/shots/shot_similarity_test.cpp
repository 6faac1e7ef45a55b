// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "lib/shots/content_distance.h"
#include "lib/shots/similarity.h"
#include "tests/shots/shot_film.h"

namespace gsttorch::test {
namespace {

std::vector<float> random_rows(std::size_t count, std::size_t length) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  std::vector<float> rows(count * length);
  for (float& value : rows) value = normal(random);
  for (std::size_t i = 0; i < count; ++i) normalize(std::span(rows).subspan(i * length, length));
  return rows;
}

class Products : public testing::TestWithParam<std::tuple<std::size_t, std::size_t>> {};

TEST_P(Products, equal_the_loop_over_pairs) {
  const auto [count, length] = GetParam();
  const std::vector<float> rows = random_rows(count, length);
  std::vector<float> out(count * count);
  row_products(rows, rows, length, out);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t j = 0; j < count; ++j) {
      double sum = 0;
      for (std::size_t k = 0; k < length; ++k) {
        sum += static_cast<double>(rows[i * length + k]) * rows[j * length + k];
      }
      ASSERT_NEAR(out[i * count + j], sum, 1e-6) << i << ' ' << j;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(CountsAndLengths, Products,
                         testing::Combine(testing::Values(1, 2, 5, 100),
                                          testing::Values(1, 7, 256, 1296)));

TEST(Normalize, leaves_zeros_alone) {
  std::vector<float> zeros(5);
  normalize(zeros);
  EXPECT_EQ(zeros, std::vector<float>(5));
}

class FrameWindowTest : public testing::Test {
 protected:
  void push(const Luma& luma) {
    const std::vector<float> description = feature(luma);
    window_.push({{static_cast<std::uint64_t>(window_.size()), {}}, luma, description, {}});
  }
  FrameWindow window_;
};

TEST_F(FrameWindowTest, compares_frames_after_it_has_wrapped_around) {
  for (int i = 0; i < 250; ++i) push(image(i % 7, 0.1F * static_cast<float>(i)));
  EXPECT_EQ(window_.oldest(), 150);
  EXPECT_FALSE(window_.contains(149));
  for (const auto& [a, b] : {std::pair{150, 249}, {200, 201}, {249, 151}}) {
    const Luma first = image(a % 7, 0.1F * static_cast<float>(a));
    const Luma second = image(b % 7, 0.1F * static_cast<float>(b));
    double sum = 0;
    for (std::size_t i = 0; i < first.size(); ++i) {
      sum += (first[i] - second[i]) * (first[i] - second[i]);
    }
    const double expected = sum / static_cast<double>(first.size());
    EXPECT_NEAR(window_.luma_difference(a, b), expected, 1e-4 * expected);
    EXPECT_FLOAT_EQ(window_.feature_distance(a, b), window_.feature_distance(b, a));
  }
  EXPECT_NEAR(window_.feature_distance(249, 249), 0, 1e-6);
}

TEST_F(FrameWindowTest, content_distance_is_blind_to_exposure_and_shifts) {
  push(image(1));
  Luma brighter = image(1);
  for (float& value : brighter) value = 0.5F * value + 90;
  push(brighter);
  push(image(1, 6, -3));
  push(image(2));
  EXPECT_LT(content_distance(window_, 0, 1), 0.01F);
  EXPECT_LT(content_distance(window_, 0, 2), 0.01F);
  EXPECT_GT(content_distance(window_, 0, 3), 0.25F);
}

// A bright sky over dark ground; the details depend on the seed.
Luma landscape(int seed) {
  Luma luma = image(seed, 0, 0, 0.4F);
  for (std::size_t i = 0; i < luma.size(); ++i) {
    const float height = 1 - static_cast<float>(i) / static_cast<float>(luma.size());
    luma[i] = 200 * height + 0.25F * luma[i];
  }
  return luma;
}

TEST_F(FrameWindowTest, content_distance_tells_images_of_one_composition_apart) {
  push(landscape(1));
  push(landscape(2));
  push(landscape(3));
  push(landscape(1));
  EXPECT_GT(content_distance(window_, 0, 1), 0.25F);
  EXPECT_GT(content_distance(window_, 0, 2), 0.25F);
  EXPECT_LT(content_distance(window_, 0, 3), 0.01F);
}

TEST_F(FrameWindowTest, content_distance_of_plain_frames_is_that_of_their_grey) {
  push(plain(100));
  push(plain(110));
  push(plain(200));
  EXPECT_EQ(content_distance(window_, 0, 1), 0);
  EXPECT_EQ(content_distance(window_, 0, 2), 1);
}

}  // namespace
}  // namespace gsttorch::test
