// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <atomic>
#include <cstring>
#include <filesystem>
#include <future>
#include <map>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "lib/formats/flow_file.h"
#include "lib/gst/gsttorchmatchmeta.h"
#include "lib/gst/gsttorchshotmeta.h"
#include "lib/results/results_directory.h"
#include "tests/support/file_limit.h"
#include "tests/support/gst_pipeline.h"
#include "tests/support/gst_support.h"
#include "tests/support/log_lines.h"
#include "tests/support/temp_directory.h"

namespace gsttorch {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

constexpr char kCaps[] = "video/x-raw,format=RGB,width=8,height=4,framerate=25/1";

GstElement* make_writer(const std::string& location) {
  GstElement* writer = gst_element_factory_make("analysiswriter", nullptr);
  g_object_set(writer, "location", location.c_str(), nullptr);
  return writer;
}

Ref<GstBuffer> make_frame(guint index) {
  auto frame = make_buffer(8 * 4 * 3);
  GST_BUFFER_PTS(frame.get()) = index * 40 * GST_MSECOND;
  GST_BUFFER_DURATION(frame.get()) = 40 * GST_MSECOND;
  return frame;
}

Ref<GstBuffer> make_flow_frame(guint index, float x = 1, float y = 2) {
  auto frame = make_frame(index);
  const auto array = constant_flow(8, 4, x, y);
  const GstTorchFlow flow = describe_flow(8, 4, array.get());
  gst_buffer_add_torch_flow_meta(frame.get(), &flow);
  return frame;
}

// Access the records with `at`: a missing record or field then fails the test, while [] would end
// the program and skip the remaining tests.
std::vector<json> read_records(const TempDirectory& directory) {
  std::vector<json> records;
  for (const auto& line : read_lines(directory.path("results.jsonl"))) {
    records.push_back(json::parse(line));
  }
  return records;
}

// Blocks the writer's thread in its first frame until the test reads this FIFO.
class StuckDisk {
 public:
  explicit StuckDisk(const TempDirectory& directory)
      : fifo_(directory.path("flow/000000.flo.part")) {
    std::filesystem::create_directory(directory.path("flow"));
    mkfifo(fifo_.c_str(), 0600);
  }
  ~StuckDisk() { release(); }

  void release() {
    if (released_) return;
    released_ = true;
    EXPECT_EQ(read_text(fifo_).size(), flow_file_bytes(8, 4));
  }

 private:
  std::string fifo_;
  bool released_ = false;
};

TEST(AnalysisWriter, writes_a_line_for_each_buffer_with_or_without_a_result) {
  const TempDirectory directory;
  Harness harness(make_writer(directory.path()));
  harness.set_caps(kCaps);
  ASSERT_EQ(harness.push(make_frame(0)), GST_FLOW_OK);
  ASSERT_EQ(harness.push(make_flow_frame(1)), GST_FLOW_OK);
  ASSERT_EQ(harness.push(make_buffer(1)), GST_FLOW_OK);
  ASSERT_TRUE(harness.push_event(gst_event_new_eos()));

  const auto lines = read_lines(directory.path("results.jsonl"));
  EXPECT_THAT(
      lines,
      ElementsAre(
          "{\"frame\":0,\"session\":0,\"pts\":0,\"stream_time\":0,\"duration\":40000000}",
          "{\"frame\":1,\"session\":0,\"pts\":40000000,\"stream_time\":40000000,\"duration\":"
          "40000000,"
          "\"flow\":[{\"source\":"
          "\"raftflow0\",\"model\":\"raft-small\",\"direction\":\"forward\","
          "\"reference_pts\":0,\"dt\":40000000,\"iterations\":12,\"mean_magnitude\":1.5,"
          "\"max_magnitude\":2.5,\"mean_x\":1.0,\"mean_y\":-0.5,\"file\":\"flow/000001.flo\"}]}",
          "{\"frame\":2,\"session\":0}"));
}

TEST(AnalysisWriter, writes_the_flow_itself) {
  const TempDirectory directory;
  Harness harness(make_writer(directory.path()));
  harness.set_caps(kCaps);
  ASSERT_EQ(harness.push(make_flow_frame(0, 1.5f, -2)), GST_FLOW_OK);
  ASSERT_TRUE(harness.push_event(gst_event_new_eos()));
  const auto flow = read_flow_file(directory.path("flow/000000.flo"));
  ASSERT_TRUE(flow);
  EXPECT_EQ(flow->width, 8);
  EXPECT_EQ(flow->height, 4);
  EXPECT_EQ(flow->vectors.at(62), 1.5f);
  EXPECT_EQ(flow->vectors.at(63), -2);
}

TEST(AnalysisWriter, writes_half_precision_flow_as_single_precision) {
  const TempDirectory directory;
  Harness harness(make_writer(directory.path()));
  harness.set_caps(kCaps);
  auto frame = make_frame(0);
  const auto array = make_array<guint16>({0x3c00, 0xc000});
  GstTorchFlow flow = describe_flow(8, 4, array.get());
  flow.grid_width = flow.grid_height = 1;
  flow.format = GST_TORCH_FLOW_FORMAT_F16;
  gst_buffer_add_torch_flow_meta(frame.get(), &flow);
  harness.push(frame);
  harness.push_event(gst_event_new_eos());
  const auto file = read_flow_file(directory.path("flow/000000.flo"));
  ASSERT_TRUE(file);
  EXPECT_THAT(file->vectors, ElementsAre(1, -2));
}

// A frame with all arrays of a result for both directions.
Ref<GstBuffer> make_both_ways_frame(guint index, std::size_t confidences = 8 * 4) {
  auto frame = make_frame(index);
  const auto forward = constant_flow(8, 4, 1, 2), backward = constant_flow(8, 4, -1, -2);
  const auto confidence = make_array(std::vector<float>(confidences, 0.75f));
  GstTorchFlow flow = describe_flow(8, 4, forward.get());
  flow.direction = GST_TORCH_FLOW_BOTH;
  flow.backward_flow = backward.get();
  flow.confidence = confidence.get();
  gst_buffer_add_torch_flow_meta(frame.get(), &flow);
  return frame;
}

TEST(AnalysisWriter, writes_both_directions_and_their_confidence) {
  const TempDirectory directory;
  GstElement* writer = make_writer(directory.path());
  Harness harness(writer);
  harness.set_caps(kCaps);
  harness.push(make_both_ways_frame(0));
  harness.push_event(gst_event_new_eos());

  const json flow = read_records(directory).at(0).at("flow").at(0);
  EXPECT_EQ(flow.at("direction"), "both");
  EXPECT_EQ(flow.at("backward_file"), "flow/000000-backward.flo");
  EXPECT_EQ(flow.at("confidence_file"), "flow/000000-confidence.npy");
  const auto forward = read_flow_file(directory.path(flow.at("file")));
  const auto backward = read_flow_file(directory.path(flow.at("backward_file")));
  ASSERT_TRUE(forward && backward);
  EXPECT_EQ(forward->vectors.at(1), 2);
  EXPECT_EQ(backward->vectors.at(1), -2);
  const std::string confidence = read_text(directory.path(flow.at("confidence_file")));
  EXPECT_THAT(confidence, HasSubstr("'shape': (4, 8)"));
  float last = 0;
  std::memcpy(&last, confidence.data() + confidence.size() - sizeof last, sizeof last);
  EXPECT_EQ(last, 0.75f);
  EXPECT_EQ(stat(writer, "flow-files"), 3u);
}

TEST(AnalysisWriter, warns_once_of_a_confidence_that_is_smaller_than_its_grid_and_continues) {
  const TempDirectory directory;
  Harness harness(make_writer(directory.path()));
  harness.set_caps(kCaps);
  for (guint i = 0; i < 2; i++) {
    EXPECT_EQ(harness.push(make_both_ways_frame(i, 8 * 4 - 1)), GST_FLOW_OK);
  }
  EXPECT_TRUE(harness.push_event(gst_event_new_eos()));
  EXPECT_THAT(
      harness.bus.take(GST_MESSAGE_WARNING),
      ElementsAre(HasSubstr("confidence of 8x4 requires 128 bytes, but its buffer has 124")));
  const json flow = read_records(directory).at(1).at("flow").at(0);
  EXPECT_TRUE(flow.contains("backward_file"));
  EXPECT_FALSE(flow.contains("confidence_file"));
}

TEST(AnalysisWriter, keeps_the_results_of_several_elements_apart) {
  const TempDirectory directory;
  Harness harness(make_writer(directory.path()));
  harness.set_caps(kCaps);
  auto frame = make_flow_frame(0, 1, 0);
  const auto array = constant_flow(8, 4, 7, 0);
  GstTorchFlow second = describe_flow(8, 4, array.get());
  second.source = "raftflow1";
  gst_buffer_add_torch_flow_meta(frame.get(), &second);
  harness.push(frame);
  harness.push_event(gst_event_new_eos());

  const auto records = read_records(directory);
  ASSERT_THAT(records.at(0).at("flow"), SizeIs(2));
  EXPECT_EQ(records.at(0).at("flow").at(1).at("source"), "raftflow1");
  const auto file = read_flow_file(directory.path(records.at(0).at("flow").at(1).at("file")));
  ASSERT_TRUE(file);
  EXPECT_EQ(file->vectors.at(0), 7);
}

TEST(AnalysisWriter, writes_the_figures_of_a_match_result) {
  const TempDirectory directory;
  Harness harness(make_writer(directory.path()));
  harness.set_caps(kCaps);
  const auto buffer = make_frame(1);
  GstTorchMatch match{};
  match.width = match.reference_width = 64;
  match.height = match.reference_height = 48;
  match.reference_pts = 0;
  match.dt = 40 * GST_MSECOND;
  match.count = 300;
  match.mean_confidence = 0.5;
  match.source = "loftrmatch0";
  gst_buffer_add_torch_match_meta(buffer.get(), &match);
  match.geometry = "homography";
  match.inliers = 250;
  match.verdict = "moved";
  gst_buffer_add_torch_match_meta(buffer.get(), &match);
  harness.push(buffer);
  harness.push_event(gst_event_new_eos());
  const json matches = read_records(directory).at(0).at("matches");
  ASSERT_THAT(matches, SizeIs(2));
  EXPECT_EQ(matches.at(0).at("count"), 300);
  EXPECT_EQ(matches.at(0).at("source"), "loftrmatch0");
  EXPECT_FALSE(matches.at(0).contains("inliers"));
  EXPECT_EQ(matches.at(1).at("inliers"), 250);
  EXPECT_EQ(matches.at(1).at("verdict"), "moved");
}

// Rows of matches; the first value of each is `x`.
Ref<GstBuffer> match_rows(guint count, float x = 0) {
  std::vector<float> rows;
  for (guint i = 0; i < count; i++) rows.insert(rows.end(), {x, 1, 2, 3, 0.5f, 1});
  return make_array(rows);
}

void attach_matches(const Ref<GstBuffer>& frame, const Ref<GstBuffer>& rows, guint count,
                    const char* source = "loftrmatch0") {
  GstTorchMatch match{};
  match.source = source;
  match.width = match.height = match.reference_width = match.reference_height = 8;
  match.count = count;
  match.matches = rows.get();
  gst_buffer_add_torch_match_meta(frame.get(), &match);
}

Ref<GstBuffer> make_match_frame(guint index) {
  auto frame = make_frame(index);
  attach_matches(frame, match_rows(2, static_cast<float>(index)), 2);
  return frame;
}

TEST(AnalysisWriter, writes_the_matches_themselves) {
  const TempDirectory directory;
  GstElement* writer = make_writer(directory.path());
  Harness harness(writer);
  harness.set_caps(kCaps);
  harness.push(make_match_frame(0));
  harness.push(make_match_frame(1));
  harness.push_event(gst_event_new_eos());
  const auto records = read_records(directory);
  EXPECT_EQ(records.at(1).at("matches").at(0).at("file"), "matches/000001.csv");
  EXPECT_THAT(read_lines(directory.path("matches/000001.csv")),
              ElementsAre("x0,y0,x1,y1,confidence,inlier", "1.000,1.000,2.000,3.000,0.500000,1",
                          "1.000,1.000,2.000,3.000,0.500000,1"));
  EXPECT_EQ(stat(writer, "match-files"), 2u);
  EXPECT_EQ(stat(writer, "flow-files"), 0u);
}

TEST(AnalysisWriter, writes_a_file_for_each_reference_image) {
  const TempDirectory directory;
  Harness harness(make_writer(directory.path()));
  harness.set_caps(kCaps);
  auto frame = make_match_frame(0);
  attach_matches(frame, {}, 7);  // as with attach=summary
  attach_matches(frame, match_rows(1, 5), 1, "loftrmatch1");
  attach_matches(frame, match_rows(0), 0);
  harness.push(frame);
  harness.push_event(gst_event_new_eos());
  const json matches = read_records(directory).at(0).at("matches");
  ASSERT_THAT(matches, SizeIs(4));
  EXPECT_EQ(matches.at(0).at("file"), "matches/000000.csv");
  EXPECT_FALSE(matches.at(1).contains("file"));
  EXPECT_EQ(matches.at(2).at("file"), "matches/000000-2.csv");
  EXPECT_THAT(read_text(directory.path("matches/000000-2.csv")), HasSubstr("5.000,"));
  EXPECT_THAT(read_lines(directory.path(matches.at(3).at("file"))), SizeIs(1))
      << "no match is a result";
}

TEST(AnalysisWriter, match_file_format_decides_what_matches_are_written_as) {
  for (const auto& [format, file] :
       {std::pair{"csv", "matches/000000.csv"}, {"npz", "matches/000000.npz"}, {"none", ""}}) {
    const TempDirectory directory;
    GstElement* writer = make_writer(directory.path());
    gst_util_set_object_arg(G_OBJECT(writer), "match-file-format", format);
    Harness harness(writer);
    harness.set_caps(kCaps);
    harness.push(make_match_frame(0));
    harness.push_event(gst_event_new_eos());
    const json match = read_records(directory).at(0).at("matches").at(0);
    EXPECT_EQ(match.value("file", ""), file);
    EXPECT_EQ(match.at("count"), 2);
    EXPECT_EQ(std::filesystem::exists(directory.path("matches")), std::string(format) != "none");
    EXPECT_TRUE(std::filesystem::exists(directory.path(file)));
  }
}

TEST(AnalysisWriter, match_every_decides_which_frames_get_a_file_of_matches) {
  for (const guint every : {0u, 1u, 3u}) {
    const TempDirectory directory;
    GstElement* writer = make_writer(directory.path());
    g_object_set(writer, "match-every", every, nullptr);
    Harness harness(writer);
    harness.set_caps(kCaps);
    for (guint i = 0; i < 7; i++) harness.push(make_match_frame(i));
    harness.push_event(gst_event_new_eos());
    const auto records = read_records(directory);
    ASSERT_THAT(records, SizeIs(7));
    for (guint i = 0; i < 7; i++) {
      const bool is_due = every > 0 && i % every == 0;
      EXPECT_EQ(records.at(i).at("matches").at(0).contains("file"), is_due) << every << " " << i;
    }
    EXPECT_EQ(stat(writer, "match-files"), every == 0 ? 0 : 7 / every + (7 % every > 0));
  }
}

TEST(AnalysisWriter, warns_once_of_fewer_matches_than_their_count_and_continues) {
  const TempDirectory directory;
  Harness harness(make_writer(directory.path()));
  harness.set_caps(kCaps);
  for (guint i = 0; i < 2; i++) {
    auto frame = make_frame(i);
    attach_matches(frame, match_rows(2), i == 0 ? 3 : G_MAXUINT);
    EXPECT_EQ(harness.push(frame), GST_FLOW_OK);
  }
  EXPECT_EQ(harness.push(make_match_frame(2)), GST_FLOW_OK);
  EXPECT_TRUE(harness.push_event(gst_event_new_eos()));
  EXPECT_THAT(
      harness.bus.take(GST_MESSAGE_WARNING),
      ElementsAre(HasSubstr("array of 3 matches requires 72 bytes, but its buffer has 48")));
  const auto records = read_records(directory);
  EXPECT_FALSE(records.at(1).at("matches").at(0).contains("file"));
  EXPECT_TRUE(records.at(2).at("matches").at(0).contains("file"));
}

TEST(AnalysisWriter, lets_go_of_matches_once_they_are_written) {
  const TempDirectory directory;
  Harness harness(make_writer(directory.path()));
  harness.set_caps(kCaps);
  const auto rows = match_rows(3);
  auto frame = make_frame(0);
  attach_matches(frame, rows, 3);
  harness.push(std::move(frame));
  harness.push_event(gst_event_new_eos());
  harness.pull();
  EXPECT_EQ(GST_MINI_OBJECT_REFCOUNT_VALUE(rows.get()), 1);
}

TEST(AnalysisWriter, records_the_matrix_of_a_geometry) {
  const TempDirectory directory;
  Harness harness(make_writer(directory.path()));
  harness.set_caps(kCaps);
  auto frame = make_frame(0);
  GstTorchMatch match{};
  match.source = "loftrmatch0";
  match.geometry = "homography";
  match.verdict = "moved";
  match.has_matrix = TRUE;
  for (int i = 0; i < 9; i++) match.matrix[i] = i + 0.5;
  gst_buffer_add_torch_match_meta(frame.get(), &match);
  harness.push(frame);
  harness.push_event(gst_event_new_eos());
  const json matrix = read_records(directory).at(0).at("matches").at(0).at("matrix");
  ASSERT_THAT(matrix, SizeIs(9));
  EXPECT_EQ(matrix.at(8), 8.5);
}

TEST(AnalysisWriter, writes_why_there_is_no_result) {
  const TempDirectory directory;
  Harness harness(make_writer(directory.path()));
  harness.set_caps(kCaps);
  auto frame = make_frame(0);
  GstTorchFlow flow = describe_flow(8, 4, nullptr);
  flow.skipped = "first-frame";
  flow.reference_pts = GST_CLOCK_TIME_NONE;
  flow.dt = GST_CLOCK_STIME_NONE;
  gst_buffer_add_torch_flow_meta(frame.get(), &flow);
  harness.push(frame);
  harness.push_event(gst_event_new_eos());
  const auto record = read_records(directory).at(0).at("flow").at(0);
  EXPECT_EQ(record.at("skipped"), "first-frame");
  EXPECT_FALSE(record.contains("reference_pts"));
  EXPECT_FALSE(record.contains("dt"));
  EXPECT_FALSE(record.contains("file"));
}

TEST(AnalysisWriter, writes_the_reference_timestamp) {
  const TempDirectory directory;
  Harness harness(make_writer(directory.path()));
  harness.set_caps(kCaps);
  auto frame = make_frame(0);
  const auto clock = Ref<GstCaps>::adopt(gst_caps_new_empty_simple("timestamp/x-ntp"));
  gst_buffer_add_reference_timestamp_meta(frame.get(), clock.get(), 3900000000000000000, 0);
  harness.push(frame);
  harness.push_event(gst_event_new_eos());
  const auto record = read_records(directory).at(0).at("reference_timestamp");
  EXPECT_EQ(record.at("caps"), "timestamp/x-ntp");
  EXPECT_EQ(record.at("timestamp"), 3900000000000000000);
}

TEST(AnalysisWriter, passes_the_same_buffers_even_if_these_have_other_references) {
  const TempDirectory directory;
  Harness harness(make_writer(directory.path()));
  harness.set_caps(kCaps);
  const auto frame = make_flow_frame(0);
  const auto before = bytes_of(frame.get());
  const auto out = harness.push_and_pull(frame);
  EXPECT_EQ(out.get(), frame.get());
  EXPECT_EQ(bytes_of(out.get()), before);
}

TEST(AnalysisWriter, takes_any_caps_and_their_changes) {
  const TempDirectory directory;
  Harness harness(make_writer(directory.path()));
  for (const char* caps : {"audio/x-raw,format=S16LE,rate=8000,channels=1", "text/x-raw", kCaps}) {
    harness.set_caps(caps);
    EXPECT_EQ(harness.push(make_buffer(3)), GST_FLOW_OK) << caps;
  }
  harness.push_event(gst_event_new_eos());
  EXPECT_THAT(read_records(directory), SizeIs(3));
}

struct FlowEvery {
  guint every;
  std::vector<std::string> files;
};
class AnalysisWriterFlowEvery : public ::testing::TestWithParam<FlowEvery> {};

TEST_P(AnalysisWriterFlowEvery, decides_which_frames_get_a_file) {
  const TempDirectory directory;
  GstElement* writer = make_writer(directory.path());
  g_object_set(writer, "flow-every", GetParam().every, nullptr);
  Harness harness(writer);
  harness.set_caps(kCaps);
  for (guint i = 0; i < 5; i++) harness.push(make_flow_frame(i));
  harness.push_event(gst_event_new_eos());

  std::vector<std::string> named;
  for (const auto& record : read_records(directory)) {
    ASSERT_THAT(record.at("flow"), SizeIs(1));
    if (record.at("flow").at(0).contains("file"))
      named.push_back(record.at("flow").at(0).at("file"));
  }
  EXPECT_EQ(named, GetParam().files);
  for (const auto& file : named) EXPECT_TRUE(read_flow_file(directory.path(file))) << file;
  EXPECT_EQ(stat(writer, "flow-files"), named.size());
  EXPECT_EQ(std::filesystem::exists(directory.path("flow")), !named.empty());
}

INSTANTIATE_TEST_SUITE_P(
    All, AnalysisWriterFlowEvery,
    ::testing::Values(FlowEvery{0, {}},
                      FlowEvery{1,
                                {"flow/000000.flo", "flow/000001.flo", "flow/000002.flo",
                                 "flow/000003.flo", "flow/000004.flo"}},
                      FlowEvery{2, {"flow/000000.flo", "flow/000002.flo", "flow/000004.flo"}}),
    [](const auto& info) { return "every_" + std::to_string(info.param.every); });

TEST(AnalysisWriter, has_everything_on_disk_before_the_end_of_stream_continues) {
  const TempDirectory directory;
  GstElement* writer = make_writer(directory.path());
  g_object_set(writer, "max-queue", 1000u, nullptr);
  Harness harness(writer);
  harness.set_caps(kCaps);

  struct Seen {
    const TempDirectory& directory;
    std::size_t lines = 0;
  } seen{directory};
  const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(writer, "src"));
  gst_pad_add_probe(
      pad.get(), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      [](GstPad*, GstPadProbeInfo* info, gpointer data) {
        auto* seen = static_cast<Seen*>(data);
        if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_EOS) {
          seen->lines = read_lines(seen->directory.path("results.jsonl")).size();
        }
        return GST_PAD_PROBE_OK;
      },
      &seen, nullptr);
  for (guint i = 0; i < 300; i++) harness.push(make_flow_frame(i));
  ASSERT_TRUE(harness.push_event(gst_event_new_eos()));
  EXPECT_EQ(seen.lines, 300u);
}

TEST(AnalysisWriter, has_everything_on_disk_when_it_is_stopped_without_an_end_of_stream) {
  const TempDirectory directory;
  {
    Harness harness(make_writer(directory.path()));
    harness.set_caps(kCaps);
    for (guint i = 0; i < 30; i++) ASSERT_EQ(harness.push(make_flow_frame(i)), GST_FLOW_OK);
  }
  EXPECT_THAT(read_records(directory), SizeIs(30));
}

TEST(AnalysisWriter, restarts_in_the_same_directory) {
  const TempDirectory directory;
  const auto writer =
      Ref<GstElement>::adopt(GST_ELEMENT(gst_object_ref_sink(make_writer(directory.path()))));
  for (const guint frames : {5u, 2u}) {
    Harness harness(GST_ELEMENT(gst_object_ref(writer.get())));
    harness.set_caps(kCaps);
    for (guint i = 0; i < frames; i++) harness.push(make_frame(i));
    harness.push_event(gst_event_new_eos());
    EXPECT_EQ(stat(writer.get(), "frames"), frames);
    EXPECT_EQ(stat(writer.get(), "records"), frames);
  }
  EXPECT_EQ(stat(writer.get(), "session"), 1u);
  const auto records = read_records(directory);
  ASSERT_THAT(records, SizeIs(7));
  for (guint i = 0; i < 7; i++) {
    EXPECT_EQ(records.at(i).at("frame"), i);
    EXPECT_EQ(records.at(i).at("session"), i < 5 ? 0 : 1);
    EXPECT_EQ(records.at(i).at("pts"), (i < 5 ? i : i - 5) * 40 * GST_MSECOND);
  }
}

TEST(AnalysisWriter, counts_what_it_wrote) {
  const TempDirectory directory;
  GstElement* writer = make_writer(directory.path());
  Harness harness(writer);
  harness.set_caps(kCaps);
  harness.push(make_frame(0));
  harness.push(make_flow_frame(1));
  harness.push_event(gst_event_new_eos());
  EXPECT_EQ(stat(writer, "frames"), 2u);
  EXPECT_EQ(stat(writer, "records"), 2u);
  EXPECT_EQ(stat(writer, "flow-files"), 1u);
  EXPECT_EQ(stat(writer, "queue-level"), 0u);
  EXPECT_EQ(stat(writer, "bytes"),
            std::filesystem::file_size(directory.path("results.jsonl")) +
                std::filesystem::file_size(directory.path("flow/000001.flo")));
}

// Pushes frames from its own thread until one is refused.
class Pusher {
 public:
  explicit Pusher(Harness& harness)
      : accepted_(std::async(std::launch::async, [&harness] {
          guint frames = 0;
          while (harness.push(make_flow_frame(frames)) == GST_FLOW_OK) frames++;
          return frames;
        })) {}

  guint accepted() { return accepted_.get(); }

 private:
  std::future<guint> accepted_;
};

// Waits until the writer works on one frame, its queue is full and another frame waits for space.
void wait_until_full(GstElement* writer, guint max_queue) {
  while (stat(writer, "frames") < max_queue + 2) std::this_thread::yield();
}

class AnalysisWriterQueue : public ::testing::TestWithParam<guint> {};

TEST_P(AnalysisWriterQueue, holds_max_queue_frames_then_waits_and_a_flush_ends_the_waiting) {
  const guint max_queue = GetParam();
  const TempDirectory directory;
  StuckDisk disk(directory);
  GstElement* writer = make_writer(directory.path());
  g_object_set(writer, "max-queue", max_queue, nullptr);
  Harness harness(writer);
  harness.set_caps(kCaps);

  Pusher pusher(harness);
  wait_until_full(writer, max_queue);
  ASSERT_TRUE(harness.push_event(gst_event_new_flush_start()));
  EXPECT_EQ(pusher.accepted(), 1 + max_queue) << "one in the writer's hands, the rest waits";
  EXPECT_EQ(stat(writer, "queue-level"), max_queue);
  disk.release();

  // The writer keeps what it accepted before the flush, and continues the numbering.
  ASSERT_TRUE(harness.push_event(gst_event_new_flush_stop(TRUE)));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  harness.push_event(gst_event_new_segment(&segment));
  EXPECT_EQ(harness.push(make_frame(100)), GST_FLOW_OK);
  harness.push_event(gst_event_new_eos());
  const auto records = read_records(directory);
  ASSERT_THAT(records, SizeIs(max_queue + 2));
  for (guint i = 0; i < records.size(); i++) EXPECT_EQ(records.at(i).at("frame"), i);
  EXPECT_EQ(records.back().at("pts"), 4000000000u);
}

INSTANTIATE_TEST_SUITE_P(All, AnalysisWriterQueue, ::testing::Values(1u, 3u));

TEST(AnalysisWriter, can_be_stopped_while_its_queue_is_full) {
  const TempDirectory directory;
  StuckDisk disk(directory);
  GstElement* writer = make_writer(directory.path());
  g_object_set(writer, "max-queue", 2u, nullptr);
  Harness harness(writer);
  harness.set_caps(kCaps);

  Pusher pusher(harness);
  wait_until_full(writer, 2);
  auto stopped = std::async(std::launch::async,
                            [&] { return gst_element_set_state(writer, GST_STATE_READY); });
  EXPECT_EQ(pusher.accepted(), 3u) << "the streaming thread is free before the disk is";
  disk.release();
  EXPECT_EQ(stopped.get(), GST_STATE_CHANGE_SUCCESS);
  EXPECT_THAT(read_records(directory), SizeIs(3));
}

TEST(AnalysisWriter, can_be_flushed_while_the_end_of_stream_waits_for_the_disk) {
  const TempDirectory directory;
  StuckDisk disk(directory);
  GstElement* writer = make_writer(directory.path());
  Harness harness(writer);
  harness.set_caps(kCaps);
  harness.push(make_flow_frame(0));
  auto ended =
      std::async(std::launch::async, [&] { return harness.push_event(gst_event_new_eos()); });
  harness.push_event(gst_event_new_flush_start());
  EXPECT_FALSE(ended.get());
  disk.release();
}

// A frame as from a scenedetect upstream; if `is_cut`, a shot begins with it.
Ref<GstBuffer> make_shot_frame(guint index, bool is_cut = false) {
  auto frame = make_frame(index);
  GstTorchShot shot{};
  shot.source = "scenedetect0";
  shot.model = "resnet18";
  shot.frame = index;
  shot.score = is_cut ? 0.75 : 0.125;
  shot.threshold = 0.5;
  shot.boundary = is_cut ? GST_TORCH_SHOT_BOUNDARY_CUT : GST_TORCH_SHOT_BOUNDARY_NONE;
  shot.start_frame = shot.middle_frame = shot.end_frame = index;
  shot.start_pts = shot.middle_pts = shot.end_pts = GST_BUFFER_PTS(frame.get());
  shot.confidence = 0.75;
  gst_buffer_add_torch_shot_meta(frame.get(), &shot);
  return frame;
}

constexpr char kScenes[] =
    "Shot Number,Start Frame,Start Timecode,Start Time (seconds),End Frame,End Timecode,"
    "End Time (seconds),Length (frames),Length (timecode),Length (seconds)\n"
    "1,1,00:00:00.000,0.000,4,00:00:00.160,0.160,4,00:00:00.160,0.160\n"
    "2,5,00:00:00.160,0.160,10,00:00:00.400,0.400,6,00:00:00.240,0.240\n";

TEST(AnalysisWriter, writes_the_score_of_every_frame_and_the_list_of_shots) {
  TempDirectory directory;
  {
    Harness harness(make_writer(directory.path()));
    harness.set_caps(kCaps);
    for (guint i = 0; i < 10; i++) harness.push_and_pull(make_shot_frame(i, i == 4));
    EXPECT_FALSE(std::filesystem::exists(directory.path("shots.csv")));
    harness.push_event(gst_event_new_eos());
    EXPECT_EQ(read_text(directory.path("shots.csv")), kScenes);  // before EOS passes
  }
  const auto records = read_records(directory);
  ASSERT_THAT(records, SizeIs(10));
  for (std::size_t i = 0; i < records.size(); i++) {
    const json& shot = records.at(i).at("shot");
    EXPECT_EQ(shot.at("frame"), i);
    EXPECT_EQ(shot.at("score"), i == 4 ? 0.75 : 0.125);
    EXPECT_EQ(shot.contains("boundaries"), i == 4);
  }
  EXPECT_EQ(records.at(4).at("shot").at("boundaries").at(0).at("kind"), "cut");
}

// As in an MP4 file with B-frames: the edit list maps the first PTS, 80 ms, to 0.
TEST(AnalysisWriter, writes_the_stream_time_beside_the_pts) {
  TempDirectory directory;
  {
    Harness harness(make_writer(directory.path()));
    harness.set_caps(kCaps);
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    segment.start = 80 * GST_MSECOND;
    segment.time = 1 * GST_SECOND;
    harness.push_event(gst_event_new_segment(&segment));
    for (guint i = 1; i < 10; i++) harness.push_and_pull(make_shot_frame(i, i == 6));
  }
  const auto records = read_records(directory);
  ASSERT_THAT(records, SizeIs(9));
  EXPECT_FALSE(records.at(0).contains("stream_time")) << "it is before the segment";
  EXPECT_EQ(records.at(1).at("pts"), 80000000);
  EXPECT_EQ(records.at(1).at("stream_time"), 1000000000);
  EXPECT_THAT(read_lines(directory.path("shots.csv")).at(2), HasSubstr(",00:00:01.160,1.160,"));
}

TEST(AnalysisWriter, lists_the_shots_when_it_is_stopped_without_an_end_of_stream) {
  TempDirectory directory;
  {
    Harness harness(make_writer(directory.path()));
    harness.set_caps(kCaps);
    for (guint i = 0; i < 10; i++) harness.push_and_pull(make_shot_frame(i, i == 4));
  }
  EXPECT_EQ(read_text(directory.path("shots.csv")), kScenes);
}

TEST(AnalysisWriter, lists_the_shots_of_all_runs_when_it_resumes) {
  TempDirectory directory;
  for (int run = 0; run < 2; run++) {
    GstElement* writer = make_writer(directory.path());
    g_object_set(writer, "resume", TRUE, "records-per-file", 3u, nullptr);
    Harness harness(writer);
    harness.set_caps(kCaps);
    for (guint i = 0; i < (run == 0 ? 6u : 10u); i++) {
      harness.push_and_pull(make_shot_frame(i, i == 4));
    }
  }
  EXPECT_EQ(read_text(directory.path("shots.csv")), kScenes);
}

TEST(AnalysisWriter, records_frames_that_begin_a_shot_whatever_every_says) {
  TempDirectory directory;
  {
    GstElement* writer = make_writer(directory.path());
    g_object_set(writer, "every", 3u, nullptr);
    Harness harness(writer);
    harness.set_caps(kCaps);
    for (guint i = 0; i < 10; i++) harness.push_and_pull(make_shot_frame(i, i == 4));
  }
  EXPECT_EQ(read_text(directory.path("shots.csv")), kScenes);
  EXPECT_THAT(read_records(directory), SizeIs(5));
}

TEST(AnalysisWriter, leaves_no_list_of_shots_of_an_earlier_run) {
  TempDirectory directory;
  write_text(directory.path("shots.csv"), "old");
  {
    GstElement* writer = make_writer(directory.path());
    g_object_set(writer, "append", FALSE, nullptr);
    Harness harness(writer);
    harness.set_caps(kCaps);
    harness.push_and_pull(make_frame(0));
  }
  EXPECT_FALSE(std::filesystem::exists(directory.path("shots.csv")));
}

TEST(AnalysisWriter, every_decides_which_frames_have_a_record) {
  const TempDirectory directory;
  GstElement* writer = make_writer(directory.path());
  g_object_set(writer, "every", 3u, "flow-every", 2u, nullptr);
  Harness harness(writer);
  harness.set_caps(kCaps);
  for (guint i = 0; i < 8; i++) harness.push(make_flow_frame(i));
  harness.push_event(gst_event_new_eos());
  const auto records = read_records(directory);
  ASSERT_THAT(records, SizeIs(3));
  for (guint i = 0; i < 3; i++) {
    EXPECT_EQ(records.at(i).at("frame"), 3 * i);
    EXPECT_EQ(records.at(i).at("pts"), 3 * i * 40000000);
    EXPECT_EQ(records.at(i).at("flow").at(0).contains("file"), i != 1)
        << "only even frames have files";
  }
  EXPECT_EQ(stat(writer, "frames"), 8u);
  EXPECT_EQ(stat(writer, "records"), 3u);
}

TEST(AnalysisWriter, flow_file_format_decides_what_flow_is_written_as) {
  const TempDirectory directory;
  GstElement* writer = make_writer(directory.path());
  gst_util_set_object_arg(G_OBJECT(writer), "flow-file-format", "npz");
  Harness harness(writer);
  harness.set_caps(kCaps);
  harness.push(make_flow_frame(0));
  harness.push_event(gst_event_new_eos());
  EXPECT_EQ(read_records(directory).at(0).at("flow").at(0).at("file"), "flow/000000.npz");
  EXPECT_THAT(read_text(directory.path("flow/000000.npz")), HasSubstr("'shape': (4, 8, 2)"));
  EXPECT_FALSE(std::filesystem::exists(directory.path("flow/000000.flo")));
}

TEST(AnalysisWriter, records_per_file_bounds_a_file) {
  const TempDirectory directory;
  GstElement* writer = make_writer(directory.path());
  g_object_set(writer, "records-per-file", 2u, nullptr);
  Harness harness(writer);
  harness.set_caps(kCaps);
  for (guint i = 0; i < 5; i++) harness.push(make_frame(i));
  harness.push_event(gst_event_new_eos());
  EXPECT_THAT(read_lines(directory.path("results-000000000.jsonl")), SizeIs(2));
  EXPECT_THAT(read_lines(directory.path("results-000000002.jsonl")), SizeIs(2));
  const auto records = read_records(directory);
  ASSERT_THAT(records, SizeIs(1));
  EXPECT_EQ(records.at(0).at("frame"), 4u);
  EXPECT_EQ(stat(writer, "records"), 5u);
}

TEST(AnalysisWriter, drops_files_but_no_record_instead_of_waiting_if_configured) {
  const TempDirectory directory;
  StuckDisk disk(directory);
  GstElement* writer = make_writer(directory.path());
  g_object_set(writer, "max-queue", 2u, nullptr);
  gst_util_set_object_arg(G_OBJECT(writer), "queue-policy", "drop");
  Harness harness(writer);
  harness.set_caps(kCaps);
  ASSERT_EQ(harness.push(make_flow_frame(0)), GST_FLOW_OK);
  while (stat(writer, "queue-level") > 0) std::this_thread::yield();  // the thread has dequeued it
  for (guint i = 1; i < 50; i++) {
    auto frame = make_flow_frame(i);
    attach_matches(frame, match_rows(1), 1);
    ASSERT_EQ(harness.push(frame), GST_FLOW_OK);
  }
  disk.release();
  harness.push_event(gst_event_new_eos());

  const auto records = read_records(directory);
  ASSERT_THAT(records, SizeIs(50));
  for (guint i = 0; i < 50; i++) {
    EXPECT_EQ(records.at(i).at("frame"), i);
    const auto& flow = records.at(i).at("flow").at(0);
    EXPECT_EQ(flow.contains("file"), i < 3) << i;
    EXPECT_EQ(flow.value("dropped", ""), i < 3 ? "" : "queue-full") << i;
    if (i == 0) continue;
    const auto& match = records.at(i).at("matches").at(0);
    EXPECT_EQ(match.contains("file"), i < 3) << i;
    EXPECT_EQ(match.value("dropped", ""), i < 3 ? "" : "queue-full") << i;
  }
  EXPECT_EQ(stat(writer, "dropped"), 2 * 47u);
  EXPECT_EQ(stat(writer, "match-files"), 2u);
  EXPECT_EQ(stat(writer, "flow-files"), 3u);

  // The queue has space again.
  harness.push_event(gst_event_new_flush_start());
  harness.push_event(gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  harness.push_event(gst_event_new_segment(&segment));
  harness.push(make_flow_frame(50));
  harness.push_event(gst_event_new_eos());
  EXPECT_EQ(read_records(directory).at(50).at("flow").at(0).at("file"), "flow/000050.flo");
}

// Passes frames [first, end) of a stream, up to EOS, through a writer.
void write_frames(const TempDirectory& directory, guint first, guint end, bool resume = true) {
  GstElement* writer = make_writer(directory.path());
  g_object_set(writer, "resume", resume, "append", FALSE, "records-per-file", 4u, nullptr);
  Harness harness(writer);
  harness.set_caps(kCaps);
  for (guint i = first; i < end; i++) {
    auto frame = make_flow_frame(i, static_cast<float>(i));
    attach_matches(frame, match_rows(i, static_cast<float>(i)), i);
    ASSERT_EQ(harness.push(frame), GST_FLOW_OK);
  }
  ASSERT_TRUE(harness.push_event(gst_event_new_eos()));
}

std::map<std::string, std::string> contents(const TempDirectory& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory.path())) {
    if (!entry.is_regular_file()) continue;
    files[std::filesystem::relative(entry.path(), directory.path())] = read_text(entry.path());
  }
  return files;
}

TEST(AnalysisWriter, that_resumes_writes_what_an_uninterrupted_run_writes) {
  const TempDirectory whole;
  write_frames(whole, 0, 10);
  for (const guint restart_from : {0u, 3u, 5u}) {
    const TempDirectory directory;
    write_frames(directory, 0, 6, false);
    // Simulates a process that was killed while writing a line and a file.
    write_text(directory.path("results.jsonl"),
               read_lines(directory.path("results.jsonl")).at(0) + "\n{\"frame\":5,\"pts\":20");
    write_text(directory.path("flow/000005.flo"), "torn");
    write_text(directory.path("matches/000005.csv"), "torn");
    write_frames(directory, restart_from, 10);
    EXPECT_EQ(contents(directory), contents(whole)) << "from frame " << restart_from;
  }
}

TEST(AnalysisWriter, that_resumes_complete_results_changes_nothing) {
  const TempDirectory directory;
  write_frames(directory, 0, 10);
  const auto before = contents(directory);
  write_frames(directory, 0, 10);
  EXPECT_EQ(contents(directory), before);
}

TEST(AnalysisWriter, that_neither_resumes_nor_appends_starts_over) {
  const TempDirectory directory;
  write_frames(directory, 0, 10, false);
  write_frames(directory, 0, 3, false);
  EXPECT_THAT(read_records(directory), SizeIs(3));
  EXPECT_FALSE(std::filesystem::exists(directory.path("results-000000000.jsonl")));
}

// Passes some frames with flow, from time 0 on, through a new element.
void write_session(const TempDirectory& directory, guint frames, guint every,
                   gboolean resume = FALSE) {
  GstElement* writer = make_writer(directory.path());
  g_object_set(writer, "every", every, "flow-every", 2 * every, "resume", resume, nullptr);
  Harness harness(writer);
  harness.set_caps(kCaps);
  for (guint i = 0; i < frames; i++) {
    ASSERT_EQ(harness.push(make_flow_frame(i)), GST_FLOW_OK);
  }
  ASSERT_TRUE(harness.push_event(gst_event_new_eos()));
}

TEST(AnalysisWriter, counts_every_from_the_beginning_of_a_session) {
  const TempDirectory directory;
  write_session(directory, 4, 3);  // frames 0, 3
  write_session(directory, 7, 3);  // 4, 7, 10
  std::vector<guint> frames;
  std::vector<std::string> files;
  for (const json& record : read_records(directory)) {
    frames.push_back(record.at("frame"));
    const json& flow = record.at("flow").at(0);
    if (flow.contains("file")) files.push_back(flow.at("file"));
  }
  EXPECT_THAT(frames, ElementsAre(0, 3, 4, 7, 10));
  EXPECT_THAT(files, ElementsAre("flow/000000.flo", "flow/000004.flo", "flow/000010.flo"));
}

TEST(AnalysisWriter, resumes_the_last_session) {
  const TempDirectory whole, directory;
  write_session(whole, 3, 2);
  write_session(whole, 9, 2);
  write_session(directory, 3, 2);
  write_session(directory, 6, 2);
  write_session(directory, 9, 2, TRUE);
  EXPECT_EQ(contents(directory), contents(whole));
}

TEST(AnalysisWriter, begins_a_shot_with_a_session) {
  TempDirectory directory;
  for (int session = 0; session < 2; session++) {
    Harness harness(make_writer(directory.path()));
    harness.set_caps(kCaps);
    for (guint i = 0; i < 10; i++) harness.push_and_pull(make_shot_frame(i, i == 4));
  }
  const auto lines = read_lines(directory.path("shots.csv"));
  ASSERT_THAT(lines, SizeIs(5));
  EXPECT_THAT(lines.at(3), StartsWith("3,11,00:00:00.000,"));
  EXPECT_THAT(lines.at(4), StartsWith("4,15,00:00:00.160,"));
}

TEST(AnalysisWriter, reports_where_it_resumes_as_soon_as_it_is_paused) {
  const TempDirectory directory;
  write_frames(directory, 0, 7);
  GstElement* made = make_writer(directory.path());
  const auto writer = Ref<GstElement>::adopt(GST_ELEMENT(gst_object_ref_sink(made)));
  g_object_set(made, "resume", TRUE, nullptr);
  gst_element_set_state(made, GST_STATE_PAUSED);
  EXPECT_EQ(stat(made, "resumed-after-frame"), 6u);
  EXPECT_EQ(stat(made, "resumed-after-pts"), 240 * GST_MSECOND);
  gst_element_set_state(made, GST_STATE_NULL);
}

std::string start_error(const std::string& location, bool resume = false) {
  const auto writer =
      Ref<GstElement>::adopt(GST_ELEMENT(gst_object_ref_sink(make_writer(location))));
  g_object_set(writer.get(), "resume", resume, nullptr);
  ElementBus bus(writer.get());
  EXPECT_EQ(gst_element_set_state(writer.get(), GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
  const auto errors = bus.take(GST_MESSAGE_ERROR);
  EXPECT_THAT(errors, SizeIs(1));
  gst_element_set_state(writer.get(), GST_STATE_NULL);
  return errors.empty() ? "" : errors.at(0);
}

TEST(AnalysisWriter, does_not_start_on_results_of_another_version) {
  const TempDirectory directory;
  write_text(directory.path("format.json"), "{\"results_version\":99}");
  const std::string error = start_error(directory.path());
  EXPECT_THAT(error, StartsWith(error_prefix(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS)));
  EXPECT_THAT(error, HasSubstr(directory.path()));
  EXPECT_THAT(error, HasSubstr("99"));
}

TEST(AnalysisWriter, does_not_resume_from_an_invalid_record) {
  const TempDirectory directory;
  write_frames(directory, 0, 1);
  write_text(directory.path("results.jsonl"), "text\n");
  const std::string error = start_error(directory.path(), true);
  EXPECT_THAT(error, StartsWith(error_prefix(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ)));
  EXPECT_THAT(error, HasSubstr("results.jsonl"));
}

TEST(AnalysisWriter, does_not_start_without_a_location) {
  EXPECT_THAT(start_error(""),
              StartsWith(error_prefix(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS)));
}

TEST(AnalysisWriter, does_not_start_where_it_cannot_write) {
  const TempDirectory directory;
  write_text(directory.path("file"), "text");
  for (const std::string& location : {directory.path("file"), directory.path("file/directory"),
                                      std::string("/proc/self"), std::string("/proc/results")}) {
    const std::string error = start_error(location);
    EXPECT_THAT(error, StartsWith(error_prefix(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE)));
    EXPECT_THAT(error, HasSubstr(location));
  }
}

TEST(AnalysisWriter, does_not_start_on_a_full_disk) {
  const TempDirectory directory;
  const FileLimit limit(0);
  EXPECT_THAT(start_error(directory.path()),
              StartsWith(error_prefix(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT)));
}

// Replaces one of the files by a device on which every write fails with ENOSPC.
std::vector<std::string> errors_with_full(const TempDirectory& directory, const std::string& file) {
  std::filesystem::create_directory(directory.path("flow"));
  std::filesystem::create_symlink("/dev/full", directory.path(file));
  GstElement* writer = make_writer(directory.path());
  g_object_set(writer, "append", FALSE, nullptr);
  Harness harness(writer);
  harness.set_caps(kCaps);
  guint frame = 0;
  while (harness.push(make_flow_frame(frame++)) == GST_FLOW_OK) std::this_thread::yield();
  EXPECT_EQ(harness.push(make_flow_frame(frame)), GST_FLOW_ERROR);
  EXPECT_FALSE(harness.push_event(gst_event_new_eos())) << "nobody may think that all is well";
  gst_element_set_state(harness.element(), GST_STATE_NULL);
  return harness.bus.take(GST_MESSAGE_ERROR);
}

TEST(AnalysisWriter, stops_the_stream_with_one_error_when_the_disk_is_full_for_records) {
  const TempDirectory directory;
  const auto errors = errors_with_full(directory, "results.jsonl");
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_THAT(errors.at(0),
              StartsWith(error_prefix(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT)));
  EXPECT_THAT(errors.at(0), HasSubstr("results.jsonl"));
}

TEST(AnalysisWriter, stops_the_stream_with_one_error_when_the_disk_is_full_for_flow) {
  const TempDirectory directory;
  const auto errors = errors_with_full(directory, "flow/000002.flo.part");
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_THAT(errors.at(0),
              StartsWith(error_prefix(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT)));
  EXPECT_THAT(errors.at(0), HasSubstr("flow/000002.flo"));
  EXPECT_THAT(read_records(directory), SizeIs(2)) << "what came before is there";
  EXPECT_FALSE(std::filesystem::exists(directory.path("flow/000002.flo")));
}

TEST(AnalysisWriter, warns_once_and_continues_without_records_on_a_full_disk_if_configured) {
  const TempDirectory directory;
  std::filesystem::create_directory(directory.path("flow"));
  std::filesystem::create_symlink("/dev/full", directory.path("flow/000002.flo.part"));
  GstElement* writer = make_writer(directory.path());
  gst_util_set_object_arg(G_OBJECT(writer), "on-error", "continue");
  Harness harness(writer);
  harness.set_caps(kCaps);
  for (guint i = 0; i < 30; i++) ASSERT_EQ(harness.push(make_flow_frame(i)), GST_FLOW_OK);
  EXPECT_TRUE(harness.push_event(gst_event_new_eos()));
  EXPECT_THAT(harness.bus.take(GST_MESSAGE_WARNING),
              ElementsAre(AllOf(
                  StartsWith(error_prefix(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT)),
                  HasSubstr("flow/000002.flo"))));
  EXPECT_THAT(read_records(directory), SizeIs(2));
  EXPECT_EQ(stat(writer, "records"), 2u);
  EXPECT_EQ(stat(writer, "lost"), 28u);
  gst_element_set_state(writer, GST_STATE_NULL);

  // A later run writes what is missing.
  std::filesystem::remove(directory.path("flow/000002.flo.part"));
  GstElement* second = make_writer(directory.path());
  g_object_set(second, "resume", TRUE, nullptr);
  Harness later(second);
  later.set_caps(kCaps);
  for (guint i = 0; i < 30; i++) later.push(make_flow_frame(i));
  later.push_event(gst_event_new_eos());
  EXPECT_EQ(stat(second, "lost"), 0u);
  EXPECT_THAT(read_records(directory), SizeIs(30));
}

TEST(AnalysisWriter, warns_once_of_flow_that_is_smaller_than_its_grid_and_continues) {
  const TempDirectory directory;
  Harness harness(make_writer(directory.path()));
  harness.set_caps(kCaps);
  for (guint i = 0; i < 3; i++) {
    auto frame = make_frame(i);
    const auto array = constant_flow(8, 4, 1, 1);
    GstTorchFlow flow = describe_flow(8, 4, array.get());
    flow.grid_width = i == 1 ? 0 : i == 2 ? G_MAXUINT : 9;
    gst_buffer_add_torch_flow_meta(frame.get(), &flow);
    EXPECT_EQ(harness.push(frame), GST_FLOW_OK);
  }
  EXPECT_EQ(harness.push(make_flow_frame(3)), GST_FLOW_OK);
  EXPECT_TRUE(harness.push_event(gst_event_new_eos()));

  EXPECT_THAT(harness.bus.take(GST_MESSAGE_WARNING), ElementsAre(HasSubstr("256")));
  const auto records = read_records(directory);
  ASSERT_THAT(records, SizeIs(4));
  for (int i = 0; i < 3; i++) EXPECT_FALSE(records.at(i).at("flow").at(0).contains("file")) << i;
  EXPECT_EQ(records.at(3).at("flow").at(0).at("file"), "flow/000003.flo");
}

TEST(AnalysisWriter, lets_go_of_flow_once_it_is_written) {
  const TempDirectory directory;
  Harness harness(make_writer(directory.path()));
  harness.set_caps(kCaps);
  const auto array = constant_flow(8, 4, 1, 1);
  auto frame = make_frame(0);
  const GstTorchFlow flow = describe_flow(8, 4, array.get());
  gst_buffer_add_torch_flow_meta(frame.get(), &flow);
  harness.push(std::move(frame));
  harness.push_event(gst_event_new_eos());
  harness.pull();
  EXPECT_EQ(GST_MINI_OBJECT_REFCOUNT_VALUE(array.get()), 1);
}

TEST(AnalysisWriter, logs_what_it_writes_and_why_it_does_not) {
  const TempDirectory directory;
  LogLines log("analysiswriter", GST_LEVEL_DEBUG);
  {
    Harness harness(make_writer(directory.path()));
    harness.set_caps(kCaps);
    harness.push(make_flow_frame(0));
    harness.push(make_both_ways_frame(1, 8 * 4 - 1));
    harness.push_event(gst_event_new_eos());
  }
  // The writer's own thread tells of files, at any time before it is stopped.
  EXPECT_THAT(
      log.lines(),
      UnorderedElementsAre(
          "opened directory " + directory.path() + ", no earlier results",
          StartsWith("event: stream-start event"), StartsWith("event: caps event"),
          StartsWith("event: segment event"), "wrote flow/000000.flo", "wrote flow/000001.flo",
          "wrote flow/000001-backward.flo",
          StartsWith("does not write flow/000001-confidence.npy: confidence of 8x4 requires"),
          StartsWith("warning: Cannot write a result to a file"),
          StartsWith("warning: The records of the affected frames"), StartsWith("event: eos event"),
          "stopped: 2 frames, 2 records, 3 files of flow, 0 of matches, 0 dropped"));
}

TEST(AnalysisWriter, logs_what_it_drops_and_what_fails) {
  const TempDirectory directory;
  StuckDisk disk(directory);
  GstElement* writer = make_writer(directory.path());
  g_object_set(writer, "max-queue", 1u, nullptr);
  gst_util_set_object_arg(G_OBJECT(writer), "queue-policy", "drop");
  LogLines log("analysiswriter", GST_LEVEL_DEBUG);
  Harness harness(writer);
  harness.set_caps(kCaps);
  harness.push(make_flow_frame(0));
  while (stat(writer, "queue-level") > 0) std::this_thread::yield();  // the thread has dequeued it
  std::filesystem::create_symlink("/dev/full", directory.path("flow/000001.flo.part"));
  for (guint i = 1; i < 3; i++) harness.push(make_flow_frame(i));
  disk.release();
  EXPECT_FALSE(harness.push_event(gst_event_new_eos()));
  const auto lines = log.lines();
  EXPECT_THAT(lines, Contains("frame 2: drops 1 files, the queue is full"));
  EXPECT_THAT(lines, Contains(AllOf(StartsWith("cannot write: cannot write "),
                                    HasSubstr("flow/000001.flo"), HasSubstr("; stops"))));
  EXPECT_THAT(lines, Contains("eos: not all results could be written"));
}

TEST(AnalysisWriter, tells_of_each_frame_in_its_log_on_request) {
  const TempDirectory directory;
  write_text(directory.path("format.json"),
             "{\"results_version\":" + std::to_string(kResultsVersion) + "}");
  write_text(directory.path("results.jsonl"), "{\"frame\":0,\"pts\":0}\n");
  GstElement* writer = make_writer(directory.path());
  g_object_set(writer, "resume", TRUE, "every", 2u, nullptr);
  LogLines log("analysiswriter", GST_LEVEL_LOG);
  Harness harness(writer);
  harness.set_caps(kCaps);
  for (guint i = 0; i < 3; i++) harness.push(make_frame(i));
  const auto lines = log.lines();
  EXPECT_THAT(lines, Contains("opened directory " + directory.path() + ", resumes after frame 0"));
  EXPECT_THAT(lines, Contains("buffer of 0:00:00.000000000 is recorded already"));
  EXPECT_THAT(lines, Contains("frame 1 of 0:00:00.040000000: no record, as every says"));
  EXPECT_THAT(lines, Contains("frame 2 of 0:00:00.080000000: gets a record"));
}

TEST(AnalysisWriter, works_in_a_pipeline) {
  const TempDirectory directory;
  EXPECT_EQ(run_pipeline("videotestsrc num-buffers=25 ! analysiswriter location=" +
                         directory.path() + " ! fakesink"),
            "eos");
  EXPECT_THAT(read_records(directory), SizeIs(25));
}

}  // namespace
}  // namespace gsttorch
