// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/results/records.h"

#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace gsttorch {
namespace {

using nlohmann::json;

FlowRecord flow_record() {
  FlowRecord flow;
  flow.source = "raftflow0";
  flow.model = "raft-small";
  flow.direction = "forward";
  flow.reference_pts = 0;
  flow.dt = 40000000;
  flow.iterations = 12;
  flow.mean_magnitude = 1.5;
  flow.max_magnitude = 2.25;
  flow.mean_x = 1;
  flow.mean_y = -0.5;
  flow.file = "flow/000001.flo";
  return flow;
}

TEST(Records, of_a_frame_without_results_are_its_times) {
  FrameRecord record;
  record.frame = 3;
  record.pts = 120000000;
  record.stream_time = 40000000;
  record.duration = 40000000;
  EXPECT_EQ(to_json_line(record),
            "{\"frame\":3,\"session\":0,\"pts\":120000000,\"stream_time\":40000000,\"duration\":"
            "40000000}\n");
}

TEST(Records, leave_out_what_is_absent) {
  EXPECT_EQ(to_json_line({}), "{\"frame\":0,\"session\":0}\n");
}

TEST(Records, of_a_flow_have_all_fields_in_their_order) {
  FrameRecord record;
  record.frame = 1;
  record.flow.push_back(flow_record());
  EXPECT_EQ(
      to_json_line(record),
      "{\"frame\":1,\"session\":0,\"flow\":[{\"source\":\"raftflow0\",\"model\":\"raft-small\","
      "\"direction\":\"forward\",\"reference_pts\":0,\"dt\":40000000,\"iterations\":12,"
      "\"mean_magnitude\":1.5,\"max_magnitude\":2.25,\"mean_x\":1.0,\"mean_y\":-0.5,"
      "\"file\":\"flow/000001.flo\"}]}\n");
}

TEST(Records, of_a_flow_in_both_directions_name_the_further_files) {
  FrameRecord record;
  record.flow.push_back(flow_record());
  record.flow[0].backward_file = "flow/000001-backward.flo";
  record.flow[0].confidence_file = "flow/000001-confidence.npy";
  const std::string line = to_json_line(record);
  EXPECT_NE(line.find("\"file\":\"flow/000001.flo\",\"backward_file\":\"flow/000001-backward.flo\","
                      "\"confidence_file\":\"flow/000001-confidence.npy\"}"),
            std::string::npos)
      << line;
}

TEST(Records, of_matches_have_all_fields_in_their_order) {
  FrameRecord record;
  MatchRecord match;
  match.source = "loftrmatch0";
  match.reference = "a.png";
  match.count = 300;
  match.mean_confidence = 0.5;
  match.geometry = "homography";
  match.inliers = 250;
  match.residual = 0.75;
  match.verdict = "moved";
  match.matrix = {1, 0, 16, 0, 1, 0, 0, 0, 1};
  match.file = "matches/000000.csv";
  record.matches.push_back(match);
  EXPECT_EQ(
      to_json_line(record),
      "{\"frame\":0,\"session\":0,\"matches\":[{\"source\":\"loftrmatch0\",\"reference\":\"a.png\","
      "\"count\":300,\"mean_confidence\":0.5,\"geometry\":\"homography\",\"inliers\":250,"
      "\"residual\":0.75,\"verdict\":\"moved\","
      "\"matrix\":[1.0,0.0,16.0,0.0,1.0,0.0,0.0,0.0,1.0],"
      "\"file\":\"matches/000000.csv\"}]}\n");
}

ShotRecord shot_record() {
  ShotRecord shot;
  shot.source = "scenedetect0";
  shot.model = "resnet18";
  shot.frame = 30;
  shot.shot = 1;
  shot.score = 0.5;
  shot.threshold = 0.25;
  shot.distance = 0.125;
  shot.mean_luma = 100;
  return shot;
}

TEST(Records, of_a_frame_within_a_shot_have_its_score) {
  FrameRecord record;
  record.shot = shot_record();
  EXPECT_EQ(
      to_json_line(record),
      "{\"frame\":0,\"session\":0,\"shot\":{\"source\":\"scenedetect0\",\"model\":\"resnet18\","
      "\"frame\":30,\"shot\":1,\"score\":0.5,\"threshold\":0.25,\"distance\":0.125,"
      "\"mean_luma\":100.0}}\n");
}

TEST(Records, of_a_boundary_say_how_one_shot_becomes_the_next) {
  FrameRecord record;
  record.frame = 7;
  record.pts = 280;
  record.shot = shot_record();
  record.shot->boundaries.push_back(
      {TransitionKind::Dissolve, {26, 200}, {28, 240}, {30, std::nullopt}, 0.75});
  const std::string line = to_json_line(record);
  EXPECT_NE(line.find("\"boundaries\":[{\"kind\":\"dissolve\",\"start_frame\":26,"
                      "\"middle_frame\":28,\"end_frame\":30,\"start_pts\":200,"
                      "\"middle_pts\":240,\"confidence\":0.75}]"),
            std::string::npos)
      << line;
  const auto read = shot_line(line);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->boundaries.size(), 1u);
  EXPECT_EQ(read->frame.number, 7u);
  EXPECT_EQ(read->frame.pts, 280u);
  EXPECT_EQ(read->boundaries[0].kind, TransitionKind::Dissolve);
  EXPECT_EQ(read->boundaries[0].confidence, 0.75);
  EXPECT_EQ(read->boundaries[0].middle.number, 5u);  // frame 30 of the stream is record 7
  EXPECT_EQ(read->boundaries[0].middle.pts, 240);
}

TEST(Records, of_a_skipped_frame_have_no_score) {
  FrameRecord record;
  record.shot = shot_record();
  record.shot->skipped = "late";
  const json shot = json::parse(to_json_line(record))["shot"];
  EXPECT_EQ(shot["skipped"], "late");
  EXPECT_FALSE(shot.contains("score"));
  EXPECT_FALSE(shot.contains("boundaries"));
}

TEST(Records, without_a_scene_are_no_frames_of_a_list_of_shots) {
  EXPECT_FALSE(shot_line(to_json_line({})));
  EXPECT_FALSE(shot_line("no json"));
  EXPECT_FALSE(shot_line("{\"shot\":{}}"));
}

TEST(Records, of_a_skipped_flow_say_why_and_have_no_figures) {
  FrameRecord record;
  record.flow.push_back(flow_record());
  record.flow[0].skipped = "first-frame";
  record.flow[0].file.clear();
  const json flow = json::parse(to_json_line(record))["flow"][0];
  EXPECT_EQ(flow["skipped"], "first-frame");
  EXPECT_EQ(flow["source"], "raftflow0");
  for (const char* field : {"iterations", "mean_magnitude", "max_magnitude", "mean_x", "file"}) {
    EXPECT_FALSE(flow.contains(field)) << field;
  }
}

TEST(Records, of_a_flow_of_flat_images_say_so) {
  FrameRecord record;
  record.flow.push_back(flow_record());
  EXPECT_FALSE(json::parse(to_json_line(record))["flow"][0].contains("flat"));
  record.flow[0].is_flat = true;
  EXPECT_EQ(json::parse(to_json_line(record))["flow"][0]["flat"], true);
}

TEST(Records, keep_the_order_of_several_results) {
  FrameRecord record;
  record.flow.assign(2, flow_record());
  record.flow[1].source = "raftflow1";
  const json flow = json::parse(to_json_line(record))["flow"];
  ASSERT_EQ(flow.size(), 2u);
  EXPECT_EQ(flow[0]["source"], "raftflow0");
  EXPECT_EQ(flow[1]["source"], "raftflow1");
}

TEST(Records, carry_the_clock_of_a_reference_timestamp) {
  FrameRecord record;
  record.reference_timestamp = ReferenceTimestamp{"timestamp/x-ntp", 3900000000000000000};
  const json line = json::parse(to_json_line(record));
  EXPECT_EQ(line["reference_timestamp"]["caps"], "timestamp/x-ntp");
  EXPECT_EQ(line["reference_timestamp"]["timestamp"], 3900000000000000000);
}

TEST(Records, hold_times_of_64_bits) {
  FrameRecord record;
  record.frame = record.pts.emplace(std::numeric_limits<std::uint64_t>::max() - 1);
  record.flow.push_back(flow_record());
  record.flow[0].dt = std::numeric_limits<std::int64_t>::min() + 1;
  const json line = json::parse(to_json_line(record));
  EXPECT_EQ(line["pts"].get<std::uint64_t>(), *record.pts);
  EXPECT_EQ(line["flow"][0]["dt"].get<std::int64_t>(), *record.flow[0].dt);
}

TEST(Records, are_json_where_a_number_is_none) {
  FrameRecord record;
  record.flow.push_back(flow_record());
  record.flow[0].mean_magnitude = std::numeric_limits<double>::quiet_NaN();
  record.flow[0].max_magnitude = std::numeric_limits<double>::infinity();
  const json flow = json::parse(to_json_line(record))["flow"][0];
  EXPECT_TRUE(flow["mean_magnitude"].is_null());
  EXPECT_TRUE(flow["max_magnitude"].is_null());
}

TEST(Records, are_one_line_of_utf8_whatever_an_element_is_called) {
  FrameRecord record;
  record.flow.push_back(flow_record());
  record.flow[0].source = "a\nb\"\xff";
  const std::string line = to_json_line(record);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(json::parse(line)["flow"][0]["source"], "a\nb\"\xef\xbf\xbd");
}

}  // namespace
}  // namespace gsttorch
