// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/perf/progress.h"

#include <gtest/gtest.h>

namespace gsttorch {
namespace {

TEST(Progress, tells_percentage_rate_and_time_left) {
  EXPECT_EQ(format_progress({105, 250, 26}), "42 %, 105/250 frames, 4.0 frames/s, 0:36 left");
}

TEST(Progress, leaves_out_what_is_not_known) {
  EXPECT_EQ(format_progress({1, {}, 0}), "1 frames");
  EXPECT_EQ(format_progress({11, {}, 5}), "11 frames, 2.0 frames/s");
}

TEST(Progress, does_not_believe_a_header_that_promised_too_few_frames) {
  EXPECT_EQ(format_progress({11, 10, 5}), "11 frames, 2.0 frames/s");
}

TEST(Progress, goes_by_time_where_no_number_of_frames_is_known) {
  ProgressState state{11, {}, 5};
  state.share = 0.25;
  EXPECT_EQ(format_progress(state), "25 %, 11 frames, 2.0 frames/s, 0:15 left");
}

TEST(Progress, does_not_count_skipped_frames_as_work) {
  ProgressState state{11, {}, 5};
  state.share = 0.75;
  state.share_at_start = 0.5;  // one quarter took 5 s, and one quarter is left
  EXPECT_DOUBLE_EQ(*seconds_left(state), 5);
}

TEST(Progress, names_the_stages) {
  ProgressState state{5, 10, 0};
  state.stages = {{"decode", 9}, {"raftflow0", 5}};
  EXPECT_EQ(format_progress(state), "50 %, 5/10 frames | decode 9, raftflow0 5");
}

TEST(Progress, tells_hours) {
  EXPECT_EQ(format_progress({2, 7202, 1}), "0 %, 2/7202 frames, 1.0 frames/s, 2:00:00 left");
}

}  // namespace
}  // namespace gsttorch
