// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/gst_support.h"
#include "tests/support/parse.h"
#include "tests/support/temp_directory.h"

// Sends valid but rare streams through elements that pass data. Output and return values must be
// those of a GStreamer element. A critical ends the test program.
namespace gsttorch {
namespace {

using ::testing::IsEmpty;

constexpr char kCaps[] = "video/x-raw,format=RGB,width=8,height=4,framerate=25/1";
constexpr gsize kFrameSize = 8 * 4 * 3;

/// Records what an element outputs and returns, in order.
class Passage {
 public:
  explicit Passage(const std::string& description) : harness_(parse_bin(description)) {
    const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(harness_.element(), "src"));
    const auto types = static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER |
                                                    GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM |
                                                    GST_PAD_PROBE_TYPE_EVENT_FLUSH);
    gst_pad_add_probe(pad.get(), types, on_data, this, nullptr);
  }

  void set_caps() { harness_.set_caps(kCaps); }
  void event(GstEvent* event) {
    note(std::string(GST_EVENT_TYPE_NAME(event)) + " in");
    note(harness_.push_event(event) ? "taken" : "refused");
  }
  void segment(GstFormat format) {
    GstSegment segment;
    gst_segment_init(&segment, format);
    event(gst_event_new_segment(&segment));
  }
  void buffer(GstClockTime pts, guint64 offset = GST_BUFFER_OFFSET_NONE) {
    auto frame = make_buffer(kFrameSize);
    GST_BUFFER_PTS(frame.get()) = pts;
    GST_BUFFER_OFFSET(frame.get()) = offset;
    note(gst_flow_get_name(harness_.push(std::move(frame))));
  }

  const std::vector<std::string>& log() const { return log_; }
  std::vector<std::string> warnings() { return harness_.bus.take(GST_MESSAGE_WARNING); }

 private:
  static GstPadProbeReturn on_data(GstPad*, GstPadProbeInfo* info, gpointer self) {
    auto* passage = static_cast<Passage*>(self);
    if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
      const GstBuffer* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
      passage->note("buffer " + std::to_string(GST_BUFFER_PTS(buffer)) + " " +
                    std::to_string(GST_BUFFER_OFFSET(buffer)));
    } else {
      passage->note(GST_EVENT_TYPE_NAME(GST_PAD_PROBE_INFO_EVENT(info)));
    }
    return GST_PAD_PROBE_OK;
  }
  void note(const std::string& text) { log_.push_back(text); }

  std::vector<std::string> log_;
  Harness harness_;
};

struct Subject {
  const char* name;
  const char* properties;
  const char* without_caps;  // reference element without caps, as a video filter requires caps
};

class OddStream : public ::testing::TestWithParam<Subject> {
 protected:
  template <typename Scenario>
  void expect_same(Scenario&& scenario, const std::string& reference = "identity") {
    Passage expected(reference), seen(description());
    scenario(expected);
    scenario(seen);
    EXPECT_EQ(seen.log(), expected.log());
    EXPECT_THAT(seen.warnings(), IsEmpty());
  }

 private:
  std::string description() const {
    const std::string location = std::string(GetParam().name) == "analysiswriter"
                                     ? " location=" + directory_.path()
                                     : std::string();
    return std::string(GetParam().name) + " " + GetParam().properties + location;
  }
  TempDirectory directory_;
};

TEST_P(OddStream, in_another_format_than_time) {
  for (const GstFormat format : {GST_FORMAT_BYTES, GST_FORMAT_DEFAULT, GST_FORMAT_PERCENT}) {
    expect_same([&](Passage& passage) {
      passage.set_caps();
      passage.segment(format);
      for (guint64 i = 0; i < 3; i++) passage.buffer(i * 40 * GST_MSECOND, i * kFrameSize);
      passage.event(gst_event_new_eos());
    });
  }
}

TEST_P(OddStream, without_times) {
  expect_same([](Passage& passage) {
    passage.set_caps();
    passage.buffer(GST_CLOCK_TIME_NONE);
    passage.buffer(40 * GST_MSECOND);
    passage.buffer(GST_CLOCK_TIME_NONE);
    passage.event(gst_event_new_eos());
  });
}

TEST_P(OddStream, with_gaps) {
  expect_same([](Passage& passage) {
    passage.set_caps();
    passage.event(gst_event_new_gap(0, 40 * GST_MSECOND));
    passage.buffer(40 * GST_MSECOND);
    passage.event(gst_event_new_gap(80 * GST_MSECOND, GST_SECOND));
    passage.buffer(1080 * GST_MSECOND);
    passage.event(gst_event_new_gap(1120 * GST_MSECOND, GST_CLOCK_TIME_NONE));
    passage.event(gst_event_new_eos());
  });
}

TEST_P(OddStream, reset_by_a_flush_stop_alone) {
  expect_same([](Passage& passage) {
    passage.set_caps();
    passage.buffer(0);
    passage.event(gst_event_new_flush_stop(TRUE));
    passage.segment(GST_FORMAT_TIME);
    passage.buffer(0);
    passage.event(gst_event_new_eos());
    passage.event(gst_event_new_flush_stop(TRUE));
    passage.segment(GST_FORMAT_TIME);
    passage.buffer(40 * GST_MSECOND);
    passage.event(gst_event_new_eos());
  });
}

TEST_P(OddStream, without_caps) {
  const auto scenario = [](Passage& passage) {
    passage.event(gst_event_new_stream_start("test"));
    passage.segment(GST_FORMAT_TIME);
    passage.buffer(0);
    passage.event(gst_event_new_eos());
  };
  expect_same(scenario, GetParam().without_caps);
}

TEST_P(OddStream, with_another_stream_after_its_end) {
  expect_same([](Passage& passage) {
    passage.set_caps();
    passage.buffer(0);
    passage.event(gst_event_new_eos());
    passage.buffer(40 * GST_MSECOND);  // after EOS
    passage.event(gst_event_new_stream_start("another"));
    passage.set_caps();
    passage.segment(GST_FORMAT_TIME);
    passage.buffer(0);
    passage.event(gst_event_new_eos());
  });
}

INSTANTIATE_TEST_SUITE_P(All, OddStream,
                         ::testing::Values(Subject{"analysiswriter", "", "identity"},
                                           Subject{"perfmeter", "progress=messages", "identity"},
                                           Subject{"analysisoverlay", "perf-line=true",
                                                   "videobalance contrast=0.5"}),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace gsttorch
