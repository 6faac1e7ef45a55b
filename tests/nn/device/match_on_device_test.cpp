// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors

// Matches that LoFTR finds on each device, against those of the reference.
#include <map>
#include <thread>

#include "tests/nn/device/device_test.h"
#include "tests/support/paths.h"

namespace gsttorch {
namespace {

constexpr int kWidth = 176, kHeight = 144;

class MatchOnDevice : public DeviceTest, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override { use(GetParam()); }

  using Frames = std::vector<std::shared_ptr<const MatchFrame>>;

  std::unique_ptr<MatchModel> load(const std::string& device) {
    return value_of(
        engine_->load_match_model({source_file("models/bundled/loftr-lite.safetensors"), device}));
  }

  static MatchOptions options() {
    MatchOptions options;
    options.threshold = 0.2;
    return options;
  }

  static Frames encode(MatchModel& model, const std::vector<Image>& sources) {
    Frames frames;
    for (const Image& source : sources) {
      SingleUseImage image(source.view);
      frames.push_back(value_of(model.encode(image, options())));
    }
    return frames;
  }

  /// Each frame with the one before, as one batch.
  static std::vector<MatchResult> match(MatchModel& model, const Frames& frames) {
    std::vector<MatchPair> pairs;
    for (std::size_t i = 1; i < frames.size(); i++) pairs.push_back({frames[i - 1], frames[i]});
    return value_of(model.match(pairs, options()));
  }

  /// The pairs of `sources`, by a model on the device and by the reference.
  void expect_equal_to_reference(MatchModel& model, MatchModel& reference,
                                 const std::vector<Image>& sources) {
    expect_equal(match(model, encode(model, sources)),
                 by_reference([&] { return match(reference, encode(reference, sources)); }));
  }

  static std::vector<Image> sources(int count, double from = 0) {
    std::vector<Image> made;
    for (int i = 0; i < count; i++) made.emplace_back(kWidth, kHeight, from + 3.0 * i, 2.0 * i);
    return made;
  }

  /// The same matches but for a few that are nearly as good as others, and where they are the same
  /// in the first image, the same in the second to 0.05 px and in confidence to 0.005.
  static void expect_equal(const MatchResult& a, const MatchResult& b) {
    ASSERT_GT(b.matches.size(), 20U);
    std::map<std::pair<float, float>, Match> known;
    for (const Match& match : b.matches) known[{match.x0, match.y0}] = match;
    std::size_t same = 0;
    for (const Match& match : a.matches) {
      const auto found = known.find({match.x0, match.y0});
      if (found == known.end()) continue;
      const Match& other = found->second;
      same += std::abs(match.x1 - other.x1) < 0.05 && std::abs(match.y1 - other.y1) < 0.05 &&
              std::abs(match.confidence - other.confidence) < 0.005;
    }
    EXPECT_GE(same, 0.97 * a.matches.size());
    EXPECT_GE(same, 0.97 * b.matches.size());
  }

  static void expect_equal(const std::vector<MatchResult>& a, const std::vector<MatchResult>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); i++) expect_equal(a[i], b[i]);
  }
};

TEST_P(MatchOnDevice, equals_the_reference) {
  const auto frames = sources(2);
  const auto model = load(device_), reference = load("cpu");
  expect_equal_to_reference(*model, *reference, frames);
}

// On a GPU a second pair replays what the first one recorded.
TEST_P(MatchOnDevice, of_later_images_equals_the_references) {
  const auto model = load(device_), reference = load("cpu");
  for (const double from : {0., 17., 5., 40.}) {
    const auto frames = sources(2, from);
    expect_equal_to_reference(*model, *reference, frames);
  }
}

TEST_P(MatchOnDevice, of_a_batch_equals_that_of_single_pairs) {
  const auto model = load(device_);
  const Frames frames = encode(*model, sources(4));
  std::vector<MatchResult> single;
  for (std::size_t i = 1; i < frames.size(); i++) {
    single.push_back(match(*model, {frames[i - 1], frames[i]}).at(0));
  }
  expect_equal(match(*model, frames), single);
}

TEST_P(MatchOnDevice, of_images_of_two_sizes_equals_the_references) {
  const auto model = load(device_), reference = load("cpu");
  std::vector<Image> frames;
  frames.emplace_back(kWidth, kHeight);
  frames.emplace_back(kWidth + 32, kHeight - 16, 3, 2);
  expect_equal_to_reference(*model, *reference, frames);
}

TEST_P(MatchOnDevice, is_the_same_from_workers_that_compute_at_once) {
  const auto model = load(device_);
  const auto frames = sources(3);
  const auto expected = match(*model, encode(*model, frames));
  std::vector<std::vector<MatchResult>> found(4);
  {
    std::vector<std::jthread> workers;
    for (auto& result : found) {
      workers.emplace_back([&] {
        engine_->enter_worker(device_, 1);
        for (int i = 0; i < 3; i++) result = match(*model, encode(*model, frames));
      });
    }
  }
  for (const auto& result : found) expect_equal(result, expected);
}

TEST_P(MatchOnDevice, of_no_pair_is_nothing) {
  EXPECT_TRUE(value_of(load(device_)->match({}, options())).empty());
}

INSTANTIATE_TEST_SUITE_P(Devices, MatchOnDevice, test_devices(),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace gsttorch
