// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/perf/gap_counter.h"

#include <gtest/gtest.h>

namespace gsttorch {
namespace {

StreamPlace at(std::uint64_t pts) { return {.pts = pts, .duration = 40}; }

TEST(GapCounter, loses_nothing_where_times_follow_each_other) {
  GapCounter counter;
  for (const int pts : {0, 40, 80, 121, 159}) counter.add(at(pts));
  EXPECT_EQ(counter.lost(), 0u);
}

TEST(GapCounter, counts_the_buffers_that_fit_into_a_gap_of_time) {
  GapCounter counter;
  counter.add(at(0));
  counter.add(at(160));
  EXPECT_EQ(counter.lost(), 3u);
}

TEST(GapCounter, believes_offsets_before_times) {
  GapCounter counter;
  counter.add({.pts = 0, .duration = 40, .offset = 7, .offset_end = 8});
  counter.add({.pts = 400, .duration = 40, .offset = 10, .offset_end = 11});
  EXPECT_EQ(counter.lost(), 2u);
}

TEST(GapCounter, a_step_back_is_no_loss) {
  GapCounter counter;
  counter.add(at(400));
  counter.add(at(0));
  EXPECT_EQ(counter.lost(), 0u);
}

TEST(GapCounter, without_times_nothing_is_known_to_be_lost) {
  GapCounter counter;
  counter.add({});
  counter.add({});
  EXPECT_EQ(counter.lost(), 0u);
}

TEST(GapCounter, counts_discontinuities_but_not_the_start) {
  GapCounter counter;
  counter.add({.is_discontinuity = true});
  counter.add({.is_discontinuity = true});
  EXPECT_EQ(counter.discontinuities(), 1u);
}

TEST(GapCounter, after_a_restart_the_first_buffer_has_no_gap_before_it) {
  GapCounter counter;
  counter.add(at(0));
  counter.restart();
  counter.add(at(4000));
  EXPECT_EQ(counter.lost(), 0u);
}

}  // namespace
}  // namespace gsttorch
