// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/formats/npy_array.h"

#include <cstdint>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/formats/npy_file.h"

namespace gsttorch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <typename Number>
std::string bytes_of(const std::vector<Number>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Number)};
}

// With the dictionary as NumPy 2.4 pads it: the data begin at byte 128.
std::string numpy_saved(std::string dictionary, const std::string& data) {
  dictionary.resize(117, ' ');
  return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + dictionary + '\n' + data;
}

TEST(NpyArray, of_each_floating_point_type_is_read) {
  const auto halves =
      parse_npy(numpy_saved("{'descr': '<f2', 'fortran_order': False, 'shape': (2, 2), }",
                            bytes_of(std::vector<std::uint16_t>{0x3c00, 0xc100, 0x3400, 0x4200})),
                "a.npy");
  ASSERT_TRUE(halves) << halves.error().message;
  EXPECT_THAT(halves->shape, ElementsAre(2, 2));
  EXPECT_THAT(halves->values, ElementsAre(1, -2.5f, 0.25f, 3));
  const auto singles = parse_npy(npy_header("<f4", {3}) + bytes_of<float>({1, -2.5f, 3}), "a.npy");
  ASSERT_TRUE(singles) << singles.error().message;
  EXPECT_THAT(singles->shape, ElementsAre(3));
  EXPECT_THAT(singles->values, ElementsAre(1, -2.5f, 3));
  const auto doubles =
      parse_npy(numpy_saved("{'descr': '<f8', 'fortran_order': False, 'shape': (), }",
                            bytes_of<double>({0.1})),
                "a.npy");
  ASSERT_TRUE(doubles) << doubles.error().message;
  EXPECT_TRUE(doubles->shape.empty());
  EXPECT_THAT(doubles->values, ElementsAre(0.1f));
}

TEST(NpyArray, of_format_2_has_a_longer_length) {
  const std::string dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 0, 2), }\n";
  std::string file("\x93NUMPY\x02\x00", 8);
  file += std::string{static_cast<char>(dictionary.size()), 0, 0, 0} + dictionary;
  const auto array = parse_npy(file, "a.npy");
  ASSERT_TRUE(array) << array.error().message;
  EXPECT_THAT(array->shape, ElementsAre(1, 0, 2));
  EXPECT_TRUE(array->values.empty());
}

void expect_corrupt(const std::string& bytes, const std::string& reason) {
  const auto array = parse_npy(bytes, "flow/3.npy");
  ASSERT_FALSE(array) << reason;
  EXPECT_EQ(array.error().code, ErrorCode::Corrupt);
  EXPECT_THAT(array.error().message, HasSubstr("flow/3.npy"));
  EXPECT_THAT(array.error().message, HasSubstr(reason));
}

TEST(NpyArray, that_is_damaged_or_unsupported_says_why) {
  const std::string whole = npy_header("<f4", {2, 2}) + bytes_of<float>({1, 2, 3, 4});
  expect_corrupt("", "complete header");
  expect_corrupt("PIEH and more than eight bytes", "complete header");
  expect_corrupt(whole.substr(0, 9), "complete header");
  expect_corrupt(whole.substr(0, 60), "complete header");
  expect_corrupt(whole.substr(0, whole.size() - 1), "15 bytes of data");
  expect_corrupt(whole + "x", "17 bytes of data");
  expect_corrupt(npy_header("<i4", {1}) + "1234", "its type is '<i4'");
  expect_corrupt(npy_header("<f4", {1ull << 63, 2}), "0 bytes of data");
  expect_corrupt(npy_header("<f4", {1ull << 62, 4}), "0 bytes of data");
  expect_corrupt(
      numpy_saved("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2), }", "12345678"),
      "Fortran order");
  expect_corrupt(numpy_saved("{'descr': '<f4', 'fortran_order': False, 'shape': (1; 2), }", ""),
                 "no valid shape");
  expect_corrupt(numpy_saved("{'descr': '<f4', 'fortran_order': False, 'shape': ", ""),
                 "no valid shape");
  expect_corrupt(numpy_saved("{}", ""), "its type is ");
}

}  // namespace
}  // namespace gsttorch
