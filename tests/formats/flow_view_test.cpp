// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/formats/flow_view.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace gsttorch {
namespace {

// The definition of IEEE half precision, digit by digit.
float half_by_definition(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const int fraction = bits & 1023;
  const float sign = bits & 0x8000 ? -1.0f : 1.0f;
  if (exponent == 31) {
    return fraction ? std::numeric_limits<float>::quiet_NaN()
                    : sign * std::numeric_limits<float>::infinity();
  }
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
  return sign * std::ldexp(1.0f + static_cast<float>(fraction) / 1024, exponent - 15);
}

TEST(HalfToFloat, is_exact_for_every_number_there_is) {
  for (unsigned bits = 0; bits <= 0xffff; bits++) {
    const float expected = half_by_definition(static_cast<std::uint16_t>(bits));
    const float actual = half_to_float(static_cast<std::uint16_t>(bits));
    if (std::isnan(expected)) {
      ASSERT_TRUE(std::isnan(actual)) << bits;
    } else {
      ASSERT_EQ(actual, expected) << bits;
      ASSERT_EQ(std::signbit(actual), std::signbit(expected)) << bits;
    }
  }
}

TEST(FlowView, reads_vectors_across_the_padding_of_rows) {
  std::vector<float> padded = {1, 2, 3, 4, -1, 5, 6, 7, 8, -1};
  const FlowView view{padded.data(), 2, 2, FlowElement::Float32, 5 * sizeof(float)};
  EXPECT_EQ(view.at(1, 1).x, 7);
  EXPECT_EQ(view.at(1, 1).y, 8);
  float row[4];
  view.read_row(1, row);
  EXPECT_EQ(row[0], 5);
  EXPECT_EQ(row[3], 8);
}

TEST(FlowView, reads_arrays_at_odd_addresses) {
  const float vectors[] = {1, 2, 3, 4};
  std::vector<std::uint8_t> bytes(sizeof vectors + 1);
  std::memcpy(bytes.data() + 1, vectors, sizeof vectors);
  const FlowView view{bytes.data() + 1, 2, 1};
  EXPECT_EQ(view.at(1, 0).y, 4);
  float row[4];
  view.read_row(0, row);
  EXPECT_EQ(row[2], 3);
}

TEST(FlowView, reads_half_precision_as_numbers) {
  const std::uint16_t halves[] = {0x3c00, 0xc000, 0x3555, 0x0001};
  const FlowView view{halves, 2, 1, FlowElement::Float16};
  EXPECT_EQ(view.at(0, 0).x, 1);
  EXPECT_EQ(view.at(0, 0).y, -2);
  float row[4];
  view.read_row(0, row);
  EXPECT_NEAR(row[2], 1.0 / 3, 1e-3);
  EXPECT_EQ(row[3], std::ldexp(1.0f, -24));
}

TEST(FlowVector, is_unknown_where_ground_truth_says_so) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_TRUE((FlowVector{0, -1e9f}).is_known());
  EXPECT_FALSE((FlowVector{1.6e9f, 0}).is_known());
  EXPECT_FALSE((FlowVector{0, -infinity}).is_known());
  EXPECT_FALSE((FlowVector{nan, 0}).is_known());
  EXPECT_FALSE((FlowVector{0, nan}).is_known());
}

}  // namespace
}  // namespace gsttorch
