// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/results/frame_numbering.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gsttorch {
namespace {

using ::testing::ElementsAre;
using Number = std::optional<std::uint64_t>;
constexpr Number kNone = std::nullopt;

std::vector<Number> numbers(FrameNumbering numbering, const std::vector<Number>& times) {
  std::vector<Number> given;
  for (const auto& pts : times) {
    given.push_back(numbering.number(pts));
    numbering.taken(given.back());
  }
  return given;
}

TEST(FrameNumbering, counts_from_zero_where_nothing_is_recorded) {
  EXPECT_THAT(numbers(FrameNumbering(), {10, kNone, 5}), ElementsAre(0, 1, 2));
}

TEST(FrameNumbering, leaves_out_what_is_recorded_when_the_stream_starts_at_its_beginning) {
  EXPECT_THAT(numbers(FrameNumbering(RecordKey{2, 20}), {0, 10, 20, 30, 40}),
              ElementsAre(kNone, kNone, kNone, 3, 4));
}

TEST(FrameNumbering, leaves_out_what_is_recorded_when_the_stream_starts_in_its_middle) {
  EXPECT_THAT(numbers(FrameNumbering(RecordKey{7, 70}), {60, 70, 80, 90}),
              ElementsAre(kNone, kNone, 8, 9));
}

TEST(FrameNumbering, counts_frames_where_the_last_record_has_no_time) {
  EXPECT_THAT(numbers(FrameNumbering(RecordKey{1, kNone}), {kNone, 10, kNone, 30}),
              ElementsAre(kNone, kNone, 2, 3));
}

TEST(FrameNumbering, counts_a_frame_without_a_time_as_recorded_until_a_later_one) {
  EXPECT_THAT(numbers(FrameNumbering(RecordKey{1, 10}), {kNone, 10, 20, kNone}),
              ElementsAre(kNone, kNone, 2, 3));
}

TEST(FrameNumbering, looks_at_times_only_until_the_recorded_part_is_over) {
  EXPECT_THAT(numbers(FrameNumbering(RecordKey{1, 10}), {20, 0, 10}), ElementsAre(2, 3, 4));
}

TEST(FrameNumbering, gives_the_number_again_of_a_frame_that_was_not_taken) {
  FrameNumbering numbering(RecordKey{1, 10});
  EXPECT_EQ(numbering.number(20), 2u);
  EXPECT_EQ(numbering.number(30), 2u);
  numbering.taken(2);
  EXPECT_EQ(numbering.number(0), 3u);
}

}  // namespace
}  // namespace gsttorch
