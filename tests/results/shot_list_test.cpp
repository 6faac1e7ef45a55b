// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/results/shot_list.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace gsttorch {
namespace {

using nlohmann::json;

constexpr std::uint64_t kFrame = 40'000'000;  // 25 frames per second

Boundary cut(std::uint64_t frame) {
  const FramePlace place{frame, static_cast<std::int64_t>(1'000'000'000 + frame * kFrame)};
  return {TransitionKind::Cut, place, place, place, 0.75};
}

// 10 frames from PTS 1 s on, which is stream time 0, with a cut at frame 4.
std::vector<Shot> two_shots() {
  ShotListBuilder builder;
  for (std::uint64_t i = 0; i < 10; i++) {
    const ShotListBuilder::Frame frame{i, 1'000'000'000 + i * kFrame, kFrame, i * kFrame};
    i == 4 ? builder.add(frame, {cut(4)}) : builder.add(frame);
  }
  return builder.shots();
}

TEST(ShotList, of_no_frames_is_empty) { EXPECT_TRUE(ShotListBuilder().shots().empty()); }

TEST(ShotList, of_one_frame_is_one_shot) {
  ShotListBuilder builder;
  builder.add({0, 0, kFrame});
  const auto shots = builder.shots();
  ASSERT_EQ(shots.size(), 1u);
  EXPECT_EQ(shots[0].frames(), 1u);
  EXPECT_EQ(shots[0].end_ns, kFrame);
}

TEST(ShotList, begins_a_shot_where_a_boundary_is) {
  const auto shots = two_shots();
  ASSERT_EQ(shots.size(), 2u);
  EXPECT_EQ(shots[0].end_frame, 4u);
  EXPECT_FALSE(shots[0].boundary);
  EXPECT_EQ(shots[1].first_frame, 4u);
  EXPECT_EQ(shots[1].end_frame, 10u);
  EXPECT_EQ(shots[1].start_ns, 4 * kFrame);
  EXPECT_EQ(shots[1].end_ns, 10 * kFrame);
  EXPECT_EQ(shots[1].boundary->kind, TransitionKind::Cut);
}

TEST(ShotList, of_a_video_that_begins_late_begins_late) {
  ShotListBuilder builder;
  builder.add({0, 2 * kFrame, kFrame, 50 * kFrame});
  builder.add({1, 3 * kFrame, kFrame, 51 * kFrame},
              {{TransitionKind::Cut, {1, 3 * kFrame}, {1, 3 * kFrame}, {1, 3 * kFrame}, 1}});
  const auto shots = builder.shots();
  ASSERT_EQ(shots.size(), 2u);
  EXPECT_EQ(shots[0].start_ns, 50 * kFrame);
  EXPECT_EQ(shots[1].start_ns, 51 * kFrame);
  EXPECT_EQ(shots[1].end_ns, 52 * kFrame);
}

TEST(ShotList, has_times_of_pts_where_no_stream_time_is_known) {
  ShotListBuilder builder;
  builder.add({0, 5 * kFrame, kFrame});
  EXPECT_EQ(builder.shots()[0].start_ns, 5 * kFrame);
}

TEST(ShotList, divides_a_gradual_change_in_its_middle_when_it_is_known) {
  ShotListBuilder builder;
  for (std::uint64_t i = 0; i < 20; i++) {
    const ShotListBuilder::Frame frame{i, i * kFrame, kFrame};
    const Boundary dissolve{
        TransitionKind::Dissolve, {6, 6 * kFrame}, {10, 10 * kFrame}, {14, 14 * kFrame}, 1};
    i == 15 ? builder.add(frame, {dissolve}) : builder.add(frame);
  }
  const auto shots = builder.shots();
  ASSERT_EQ(shots.size(), 2u);
  EXPECT_EQ(shots[0].end_frame, 10u);
  EXPECT_EQ(shots[1].first_frame, 10u);
  EXPECT_EQ(shots[1].start_ns, 10 * kFrame);
  EXPECT_EQ(shots[1].end_frame, 20u);
}

TEST(ShotList, has_no_shot_before_a_change_with_the_first_frame) {
  ShotListBuilder builder;
  builder.add({0, 0, kFrame}, {{TransitionKind::Fade, {0, 0}, {0, 0}, {0, 0}, 1}});
  builder.add({1, kFrame, kFrame});
  EXPECT_EQ(builder.shots().size(), 1u);
}

TEST(ShotList, ends_a_frame_later_where_no_duration_is_known) {
  ShotListBuilder builder;
  for (std::uint64_t i = 0; i < 3; i++) builder.add({i, i * kFrame, {}});
  EXPECT_EQ(builder.shots()[0].end_ns, 3 * kFrame);
}

// The output of PySceneDetect 0.6 for the same frames.
TEST(ShotList, has_the_columns_of_pyscenedetect) {
  EXPECT_EQ(shots_to_csv(two_shots()),
            "Shot Number,Start Frame,Start Timecode,Start Time (seconds),End Frame,End Timecode,"
            "End Time (seconds),Length (frames),Length (timecode),Length (seconds)\n"
            "1,1,00:00:00.000,0.000,4,00:00:00.160,0.160,4,00:00:00.160,0.160\n"
            "2,5,00:00:00.160,0.160,10,00:00:00.400,0.400,6,00:00:00.240,0.240\n");
}

TEST(ShotList, leaves_times_empty_where_frames_have_none) {
  ShotListBuilder builder;
  builder.add({0, {}, {}});
  builder.add({1, {}, {}}, {{TransitionKind::Cut, {1, {}}, {1, {}}, {1, {}}, 1}});
  const std::string csv = shots_to_csv(builder.shots());
  EXPECT_NE(csv.find("\n1,1,,,1,,,1,,\n2,2,,,2,,,1,,\n"), std::string::npos) << csv;
}

TEST(ShotList, says_in_json_how_a_shot_begins) {
  const json document = json::parse(shots_to_json(two_shots(), "transnetv2"));
  EXPECT_EQ(document["model"], "transnetv2");
  const json list = document["shots"];
  ASSERT_EQ(list.size(), 2u);
  EXPECT_FALSE(list[0].contains("boundary"));
  EXPECT_EQ(list[1]["start_frame"], 4);
  EXPECT_EQ(list[1]["start"], 0.16);
  EXPECT_EQ(list[1]["boundary"]["kind"], "cut");
  EXPECT_EQ(list[1]["boundary"]["confidence"], 0.75);
}

TEST(ShotList, is_an_edit_decision_list_of_whole_frames) {
  EXPECT_EQ(shots_to_edl(two_shots(), "video", 25),
            "TITLE: video\nFCM: NON-DROP FRAME\n\n"
            "001  AX       V     C        00:00:00:00 00:00:00:04 00:00:00:00 00:00:00:04\n"
            "002  AX       V     C        00:00:00:04 00:00:00:10 00:00:00:04 00:00:00:10\n");
}

TEST(ShotList, writes_timecodes_beyond_an_hour) {
  EXPECT_EQ(timecode(3'661'234'500'000), "01:01:01.235");
}

}  // namespace
}  // namespace gsttorch
