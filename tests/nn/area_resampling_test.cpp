// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/ops/area_resampling.h"

#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "lib/nn/ops/image.h"
#include "lib/nn/ops/prepared_image.h"
#include "tests/nn/formula.h"
#include "tests/support/image.h"

namespace gsttorch {
namespace {

float difference(const at::Tensor& a, const at::Tensor& b) {
  EXPECT_EQ(a.sizes(), b.sizes());
  return (a - b).abs().max().item<float>();
}

TEST(AreaResampling, is_the_mean_of_whole_pixels_where_they_fit) {
  const c10::InferenceMode guard;
  const at::Tensor x = formula::noise_tensor(1, {2, 3, 12, 20});
  EXPECT_LT(difference(resize_area(x, 3, 5), at::avg_pool2d(x, {4, 4})), 1e-6f);
}

// From 3 pixels to 2: each new pixel gets half of the middle one.
TEST(AreaResampling, counts_parts_of_pixels) {
  const c10::InferenceMode guard;
  const at::Tensor x = at::tensor({1.f, 2.f, 6.f}).view({1, 1, 1, 3});
  const at::Tensor two = resize_area(x, 1, 2);
  EXPECT_NEAR(two[0][0][0][0].item<float>(), (1 + 0.5 * 2) / 1.5, 1e-6);
  EXPECT_NEAR(two[0][0][0][1].item<float>(), (0.5 * 2 + 6) / 1.5, 1e-6);
}

TEST(AreaResampling, interpolates_a_side_that_grows) {
  const c10::InferenceMode guard;
  const at::Tensor x = formula::noise_tensor(1, {1, 3, 5, 7});
  EXPECT_LT(difference(resize_area(x, 15, 14), at::upsample_bilinear2d(x, {15, 14}, false)), 1e-6f);
}

class AreaOf : public testing::TestWithParam<std::array<int, 2>> {};

TEST_P(AreaOf, an_image_in_one_pass_equals_conversion_and_resizing) {
  const c10::InferenceMode guard;
  const Image image(GetParam()[0], GetParam()[1]);
  const PixelScale scale{{2, 3, 4}, {-1, 0, 1}};
  const at::Tensor want = resize_area(image_to_tensor(image.view, scale), 27, 48);
  EXPECT_LT(difference(image_to_area_tensor(image.view, scale, 27, 48), want), 2e-5f);
}

INSTANTIATE_TEST_SUITE_P(Sizes, AreaOf,
                         testing::Values(std::array{640, 272}, std::array{48, 27},
                                         std::array{16, 16}, std::array{1, 1}, std::array{3, 401},
                                         std::array{101, 53}));

TEST(AreaResampling, is_another_request_than_an_image_filtered_with_triangles) {
  ImageRequest request{.width = 48, .height = 27};
  const std::string triangle = image_key(request);
  request.filter = ImageFilter::Area;
  EXPECT_NE(image_key(request), triangle);
}

}  // namespace
}  // namespace gsttorch
