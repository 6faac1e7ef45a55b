// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/util/video_frame.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/gst/analyzer/analyzer_fixture.h"

namespace gsttorch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string caps_with(const std::string& fields) {
  return "video/x-raw,format=I420,width=16,height=8,framerate=25/1" +
         (fields.empty() ? "" : "," + fields);
}

std::string unsupported(const std::string& fields) {
  GstCaps* caps = gst_caps_from_string(caps_with(fields).c_str());
  GstVideoInfo info;
  EXPECT_TRUE(gst_video_info_from_caps(&info, caps)) << fields;
  gst_caps_unref(caps);
  return unsupported_colorimetry(info);
}

TEST(UnsupportedColorimetry, is_nothing_for_what_is_converted_right) {
  for (const char* fields :
       {"", "colorimetry=bt709", "colorimetry=bt601", "colorimetry=sRGB", "colorimetry=smpte240m",
        "interlace-mode=interleaved", "multiview-mode=mono", "multiview-mode=side-by-side"}) {
    EXPECT_EQ(unsupported(fields), "") << fields;
  }
}

TEST(UnsupportedColorimetry, names_each_thing_that_is_not) {
  EXPECT_THAT(unsupported("colorimetry=bt2100-pq"), HasSubstr("PQ transfer (HDR), BT.2020 prim"));
  EXPECT_THAT(unsupported("colorimetry=bt2100-hlg"), HasSubstr("HLG transfer (HDR)"));
  EXPECT_THAT(unsupported("colorimetry=bt2020"), testing::StartsWith("BT.2020 primaries"));
  EXPECT_THAT(unsupported("colorimetry=2:3:1:1"), HasSubstr("linear transfer"));
  EXPECT_THAT(unsupported("multiview-mode=frame-by-frame"), HasSubstr("frame-by-frame multiview"));
  EXPECT_THAT(unsupported("interlace-mode=fields"), HasSubstr("alternating fields"));
  EXPECT_THAT(unsupported("colorimetry=bt2020,multiview-mode=frame-by-frame"),
              HasSubstr("tone mapping first; frame-by-frame"));
}

class AnalyzerColors : public AnalyzerTest {};

TEST_F(AnalyzerColors, are_warned_of_once_for_each_caps) {
  begin(caps_with("colorimetry=bt2100-pq"));
  push_frames(0, 3);
  pads->wait_for(3);
  EXPECT_THAT(pads->bus.take(GST_MESSAGE_WARNING), ElementsAre(HasSubstr("PQ transfer")));
  pads->flush();
  EXPECT_THAT(pads->bus.take(GST_MESSAGE_WARNING), IsEmpty());
}

}  // namespace
}  // namespace gsttorch
