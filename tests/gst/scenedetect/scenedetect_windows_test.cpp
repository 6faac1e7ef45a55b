// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Tests scenedetect with TransNetV2 and several windows at once.
#include "tests/gst/scenedetect/scenedetect_fixture.h"
#include "tests/support/temp_directory.h"
#include "tests/support/weights_file.h"

namespace gsttorch {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr int kFrames = 230;
constexpr char kNoWait[] = "0";

class SceneDetectWindows : public SceneDetectTest {
 protected:
  void SetUp() override {
    path_ = directory_.path("transnet.safetensors");
    formula::write_weights(path_, source_file("tests/nn/goldens/transnetv2.shapes"));
  }

  using Properties = std::vector<std::pair<std::string, std::string>>;
  std::vector<GstTorchShot> shots_with(Properties more) {
    pads.reset();
    properties = {{"model", path_}, {"batch-timeout", kNoWait}};
    properties.insert(properties.end(), more.begin(), more.end());
    begin();
    std::vector<GstTorchShot> shots;
    for (const Ref<GstBuffer>& buffer : run(DrawnVideo({60, 130}), kFrames)) {
      shots.push_back(shot_of(buffer));
      EXPECT_EQ(shots.back().skipped, nullptr);
    }
    EXPECT_EQ(shots.size(), std::size_t{kFrames});
    return shots;
  }

  static void expect_equal(const std::vector<GstTorchShot>& a, const std::vector<GstTorchShot>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); i++) {
      EXPECT_NEAR(a[i].distance, b[i].distance, 1e-5) << i;
      EXPECT_NEAR(a[i].score, b[i].score, 1e-4) << i;
      EXPECT_EQ(a[i].boundary, b[i].boundary) << i;
    }
  }

  guint look_ahead() const {
    guint frames = 0;
    read_stats([&](const GstStructure* s) { gst_structure_get_uint(s, "look-ahead", &frames); });
    return frames;
  }

  TempDirectory directory_;
  std::string path_;
};

TEST_F(SceneDetectWindows, several_at_once_give_the_same_results_with_a_longer_look_ahead) {
  const auto single = shots_with({});
  EXPECT_EQ(look_ahead(), 74u + 8u);
  for (const guint windows : {2, 3}) {
    expect_equal(shots_with({{"batch-size", std::to_string(windows)}}), single);
    EXPECT_EQ(look_ahead(), 74u + 8u + 50u * (windows - 1));
  }
}

TEST_F(SceneDetectWindows, are_cut_to_what_memory_allows_with_the_same_results) {
  const auto single = shots_with({});
  // A window needs 108 MB.
  expect_equal(shots_with({{"batch-size", "3"}, {"memory-limit", "150000000"}}), single);
  const auto warnings = pads->bus.take(GST_MESSAGE_WARNING);
  ASSERT_THAT(warnings, SizeIs(1));
  EXPECT_THAT(warnings[0], HasSubstr("the element uses batch size 1"));
}

TEST_F(SceneDetectWindows, are_as_many_as_batch_size_was_when_the_element_started) {
  pads.reset();
  properties = {{"model", path_}, {"batch-timeout", kNoWait}};
  begin();
  g_object_set(pads->element(), "batch-size", 4, nullptr);
  run(DrawnVideo({60}), 120);
  EXPECT_EQ(look_ahead(), 74u + 8u);
  EXPECT_THAT(pads->bus.take(GST_MESSAGE_WARNING), IsEmpty());
}

}  // namespace
}  // namespace gsttorch
