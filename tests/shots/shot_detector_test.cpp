// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/shots/shot_detector.h"

#include <algorithm>
#include <random>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/shots/shot_film.h"

namespace gsttorch::test {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

void expect_cuts(const Film& film, const std::vector<std::uint64_t>& frames) {
  std::vector<std::uint64_t> found;
  for (const Boundary& boundary : film.boundaries) {
    EXPECT_EQ(boundary.kind, TransitionKind::Cut) << boundary.start.number;
    found.push_back(boundary.start.number);
  }
  EXPECT_EQ(found, frames);
}

Luma exposed(Luma luma, float gain, float offset = 0) {
  for (float& value : luma) value = std::clamp(gain * value + offset, 0.0F, 255.0F);
  return luma;
}

TEST(ShotDetector, finds_cuts_at_the_first_frame_of_the_new_shot) {
  Film film;
  film.still(1, 40);
  film.still(2, 30);
  film.still(3, 9);
  film.still(4, 20);
  film.finish();
  expect_cuts(film, {40, 70, 79});
  for (const Boundary& boundary : film.boundaries) {
    EXPECT_EQ(boundary.start, boundary.end);
    EXPECT_EQ(boundary.start.pts, static_cast<std::int64_t>(boundary.start.number) * 40'000'000);
    EXPECT_GE(boundary.confidence, 0.5F);
    EXPECT_LE(boundary.confidence, 1.0F);
  }
}

TEST(ShotDetector, hands_out_one_decision_for_each_frame_in_order) {
  Film film({.look_ahead = 5});
  film.still(1, 30);
  EXPECT_THAT(film.decisions, SizeIs(25));
  EXPECT_EQ(film.detector().pending(), 5U);
  film.still(2, 3);
  film.finish();
  ASSERT_THAT(film.decisions, SizeIs(33));
  for (std::size_t i = 0; i < film.decisions.size(); ++i) {
    EXPECT_EQ(film.decisions[i].place.number, i);
    EXPECT_GE(film.decisions[i].score, 0);
    EXPECT_LE(film.decisions[i].score, 1);
  }
  EXPECT_EQ(film.detector().pending(), 0U);
}

TEST(ShotDetector, scores_the_cut_highest) {
  Film film;
  film.still(1, 30);
  film.still(2, 30);
  film.finish();
  for (const ShotDecision& decision : film.decisions) {
    if (decision.place.number == 30) {
      EXPECT_GT(decision.score, 0.5F);
      EXPECT_GT(decision.distance, 0.02F);
    } else {
      EXPECT_LT(decision.score, 0.3F) << decision.place.number;
    }
  }
}

TEST(ShotDetector, says_how_bright_each_frame_is) {
  Film film;
  film.add(plain(17));
  film.add(plain(201));
  film.finish();
  EXPECT_FLOAT_EQ(film.decisions[0].mean_luma, 17);
  EXPECT_FLOAT_EQ(film.decisions[1].mean_luma, 201);
}

class Dissolves : public testing::TestWithParam<int> {};

TEST_P(Dissolves, are_found_with_start_and_end) {
  const int length = GetParam();
  Film film;
  film.still(1, 40);
  for (int i = 0; i < length; ++i) {
    film.add(mix(image(1), image(2), static_cast<float>(i + 1) / static_cast<float>(length + 1)));
  }
  film.still(2, 40);
  film.finish();
  ASSERT_THAT(film.boundaries, SizeIs(1));
  const Boundary& found = film.boundaries[0];
  EXPECT_EQ(found.kind, TransitionKind::Dissolve);
  EXPECT_NEAR(static_cast<double>(found.start.number), 40, 3);
  EXPECT_NEAR(static_cast<double>(found.end.number), 40 + length, 3);
  EXPECT_NEAR(static_cast<double>(found.middle.number), 40 + length / 2.0, 2);
}

INSTANTIATE_TEST_SUITE_P(Lengths, Dissolves, testing::Values(8, 12, 20, 30));

TEST(ShotDetector, finds_a_wipe) {
  Film film;
  film.still(1, 40);
  for (int i = 1; i <= 16; ++i) {
    Luma luma = image(1);
    const Luma other = image(2);
    for (std::size_t at = 0; at < luma.size(); ++at) {
      if (at % kShotLumaWidth < static_cast<std::size_t>(i * 48 / 17)) luma[at] = other[at];
    }
    film.add(luma);
  }
  film.still(2, 40);
  film.finish();
  ASSERT_THAT(film.boundaries, SizeIs(1));
  EXPECT_EQ(film.boundaries[0].kind, TransitionKind::Dissolve);
  EXPECT_NEAR(static_cast<double>(film.boundaries[0].middle.number), 48, 3);
}

class Fades : public testing::TestWithParam<std::tuple<float, int>> {};

TEST_P(Fades, are_found_with_start_middle_and_end) {
  const auto [colour, length] = GetParam();
  Film film;
  film.still(1, 40);
  for (int i = 1; i <= length; ++i) {
    film.add(mix(image(1), plain(colour), static_cast<float>(i) / static_cast<float>(length)));
  }
  for (int i = 1; i < length; ++i) {
    film.add(mix(plain(colour), image(2), static_cast<float>(i) / static_cast<float>(length)));
  }
  film.still(2, 40);
  film.finish();
  ASSERT_THAT(film.boundaries, SizeIs(1));
  const Boundary& found = film.boundaries[0];
  EXPECT_EQ(found.kind, TransitionKind::Fade);
  EXPECT_NEAR(static_cast<double>(found.start.number), 40, 2);
  EXPECT_EQ(found.middle.number, 39U + static_cast<unsigned>(length));
  EXPECT_NEAR(static_cast<double>(found.end.number), 39 + 2 * length, 2);
}

INSTANTIATE_TEST_SUITE_P(ColoursAndLengths, Fades,
                         testing::Combine(testing::Values(0.0F, 16.0F, 255.0F, 235.0F),
                                          testing::Values(5, 15, 60)));

class ShortFades : public testing::TestWithParam<float> {};

// As in a slow flash, the image after the fade is the one from before it.
TEST_P(ShortFades, that_lead_back_to_the_same_image_are_none) {
  constexpr int kLength = 5;
  Film film;
  film.still(1, 40);
  const Luma last = image(1, 0.05F * 39);
  for (int i = 1; i <= kLength; ++i) {
    film.add(mix(last, plain(GetParam()), static_cast<float>(i) / kLength));
  }
  for (int i = 1; i < kLength; ++i) {
    film.add(mix(plain(GetParam()), last, static_cast<float>(i) / kLength));
  }
  for (int i = 0; i < 40; ++i) film.add(last);
  film.finish();
  EXPECT_THAT(film.boundaries, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Colours, ShortFades, testing::Values(0.0F, 16.0F, 255.0F, 235.0F));

TEST(ShotDetector, reports_a_gradual_change_with_a_frame_that_is_not_before_its_end) {
  Film film;
  film.still(1, 40);
  for (int i = 1; i <= 12; ++i) film.add(mix(image(1), image(2), static_cast<float>(i) / 13));
  film.still(2, 40);
  film.finish();
  for (const ShotDecision& decision : film.decisions) {
    for (const Boundary& boundary : decision.boundaries) {
      EXPECT_GE(decision.place.number, boundary.end.number);
    }
  }
  EXPECT_THAT(film.boundaries, SizeIs(1));
}

TEST(ShotDetector, finds_a_cut_soon_after_a_fade) {
  for (int seed = 1; seed <= 6; ++seed) {
    Film film;
    film.still(seed, 40);
    for (int i = 1; i <= 12; ++i) film.add(mix(image(seed), plain(255), i / 12.0F));
    for (int i = 1; i <= 14; ++i) film.add(mix(plain(255), image(seed + 1), i / 15.0F));
    film.still(seed + 1, 21);
    const std::uint64_t cut = film.count();
    for (int i = 0; i < 40; ++i) film.add(mix(image(seed + 2), plain(0), 0.4F));
    film.finish();
    ASSERT_EQ(film.boundaries.size(), 2U) << seed;
    EXPECT_EQ(film.boundaries[0].kind, TransitionKind::Fade);
    EXPECT_EQ(film.boundaries[1].kind, TransitionKind::Cut);
    EXPECT_EQ(film.boundaries[1].start.number, cut);
  }
}

TEST(ShotDetector, follows_a_slow_wave_of_luma_without_any_image) {
  Film film;
  for (int i = 0; i < 250; ++i) {
    film.add(plain(127.5F - 127.5F * std::cos(static_cast<float>(i) * 6.2832F / 83)));
  }
  film.finish();
  ASSERT_THAT(film.boundaries, SizeIs(2));
  EXPECT_LT(film.boundaries[0].start.number, 83U);
  EXPECT_EQ(film.boundaries[0].middle.number, 83U);
  EXPECT_GT(film.boundaries[0].end.number, 84U);
  EXPECT_EQ(film.boundaries[1].middle.number, 166U);
  EXPECT_EQ(film.boundaries[1].kind, TransitionKind::Fade);
}

class Flashes : public testing::TestWithParam<int> {};

TEST_P(Flashes, are_no_cuts) {
  Film film;
  film.still(1, 30);
  for (int i = 0; i < GetParam(); ++i) film.add(exposed(image(1, 1.5F), 1.5F, 60));
  film.still(1, 30);
  for (int i = 0; i < GetParam(); ++i) film.add(plain(255));
  film.still(1, 30);
  film.finish();
  EXPECT_THAT(film.boundaries, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Frames, Flashes, testing::Values(1, 2, 4, 7));

TEST(ShotDetector, treats_a_strobe_as_one_shot) {
  Film film;
  for (int i = 0; i < 90; ++i) {
    film.add(i > 20 && i < 60 && i % 4 < 2 ? plain(250) : image(1, 0.02F * static_cast<float>(i)));
  }
  film.finish();
  EXPECT_THAT(film.boundaries, IsEmpty());
}

TEST(ShotDetector, finds_a_cut_under_a_flash) {
  Film film;
  film.still(1, 30);
  film.add(plain(255));
  film.still(2, 30);
  film.finish();
  ASSERT_THAT(film.boundaries, SizeIs(1));
  EXPECT_NEAR(static_cast<double>(film.boundaries[0].start.number), 30.5, 0.5);
}

TEST(ShotDetector, treats_pans_zooms_and_shakes_as_one_shot) {
  Film film;
  for (int i = 0; i < 60; ++i) film.add(image(1, 2.5F * static_cast<float>(i)));
  for (int i = 0; i < 40; ++i) {
    film.add(image(1, 150, 0, std::exp(0.03F * static_cast<float>(i))));
  }
  std::mt19937 random(1);
  std::normal_distribution<float> knock(0, 2);
  for (int i = 0; i < 40; ++i) film.add(image(1, 150 + knock(random), knock(random), 3.3F));
  film.finish();
  EXPECT_THAT(film.boundaries, IsEmpty());
}

TEST(ShotDetector, treats_a_jump_of_the_exposure_as_one_shot) {
  Film film;
  film.still(1, 30);
  for (int i = 0; i < 30; ++i) film.add(exposed(image(1), 1.6F));
  for (int i = 0; i < 30; ++i) film.add(exposed(image(1), 0.5F));
  film.finish();
  EXPECT_THAT(film.boundaries, IsEmpty());
}

// Black bars at two sides of an image: `columns` at left and right, or `rows` at top and bottom.
Luma with_bars(Luma luma, std::size_t columns, std::size_t rows) {
  for (std::size_t i = 0; i < luma.size(); ++i) {
    const std::size_t x = i % kShotLumaWidth, y = i / kShotLumaWidth;
    const bool is_bar =
        x < columns || x >= kShotLumaWidth - columns || y < rows || y >= kShotLumaHeight - rows;
    if (is_bar) luma[i] = 16;
  }
  return luma;
}

class Bars : public testing::TestWithParam<std::pair<std::size_t, std::size_t>> {
 protected:
  void add(const Luma& luma) { film.add(with_bars(luma, GetParam().first, GetParam().second)); }
  Film film;
};

// All images have them, so they are no sign that two images are of one shot.
TEST_P(Bars, hide_no_cut) {
  std::vector<std::uint64_t> cuts;
  for (int seed = 1; seed <= 12; ++seed) {
    if (seed > 1) cuts.push_back(film.count());
    for (int i = 0; i < 20; ++i) add(image(seed, 0.05F * static_cast<float>(i)));
  }
  film.finish();
  expect_cuts(film, cuts);
}

TEST_P(Bars, do_not_make_a_pan_a_cut) {
  for (int i = 0; i < 60; ++i) add(image(1, 2.5F * static_cast<float>(i)));
  film.finish();
  EXPECT_THAT(film.boundaries, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Sides, Bars,
                         testing::Values(std::pair{7, 0}, std::pair{0, 5}, std::pair{7, 4}));

// A piece of another image that covers the view but for `free` columns at the right.
Luma behind(const Luma& background, const Luma& subject, std::size_t free) {
  Luma luma = background;
  for (std::size_t i = 0; i < luma.size(); ++i) {
    if (i % kShotLumaWidth < kShotLumaWidth - free) luma[i] = subject[i];
  }
  return luma;
}

class LargeSubject : public testing::TestWithParam<int> {
 protected:
  const int frames = GetParam();  // in which it enters
};

TEST_P(LargeSubject, that_enters_and_stays_is_no_boundary) {
  for (int seed = 2; seed <= 9; ++seed) {
    Film film;
    film.still(1, 30);
    for (int i = 1; i <= 30; ++i) {
      const int covered = std::min(36, 36 * i / frames);
      const auto shift = static_cast<float>(covered - 36);  // its edge moves with it
      film.add(behind(image(1, 1.5F), image(seed, shift + 0.05F * static_cast<float>(i)),
                      static_cast<std::size_t>(48 - covered)));
    }
    film.finish();
    EXPECT_THAT(film.boundaries, IsEmpty()) << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Frames, LargeSubject, testing::Values(1, 2, 5, 8));

// The same piece of an image in a corner.
Luma with_logo(Luma luma) {
  const Luma logo = image(20);
  for (std::size_t i = 0; i < luma.size(); ++i) {
    if (i % kShotLumaWidth >= kShotLumaWidth - 8 && i / kShotLumaWidth < 5) luma[i] = logo[i];
  }
  return luma;
}

TEST(ShotDetector, finds_a_cut_between_shots_with_the_same_logo) {
  Film film;
  for (int seed = 1; seed <= 8; ++seed) {
    for (int i = 0; i < 20; ++i) {
      film.add(with_logo(image(seed, 0.05F * static_cast<float>(i))));
    }
  }
  film.finish();
  expect_cuts(film, {20, 40, 60, 80, 100, 120, 140});
}

// As small as a title.
TEST(ShotDetector, treats_what_moves_in_a_small_part_of_a_black_image_as_one_shot) {
  Film film;
  for (int i = 0; i < 60; ++i) {
    film.add(with_bars(image(1, 0.5F * static_cast<float>(i)), 21, 12));
  }
  film.finish();
  EXPECT_THAT(film.boundaries, IsEmpty());
}

TEST(ShotDetector, treats_grain_as_one_shot) {
  Film film;
  std::mt19937 random(1);
  std::normal_distribution<float> grain(0, 12);
  for (int i = 0; i < 80; ++i) {
    Luma luma = image(1);
    for (float& value : luma) value += grain(random);
    film.add(luma);
  }
  film.finish();
  EXPECT_THAT(film.boundaries, IsEmpty());
}

TEST(ShotDetector, drops_what_follows_within_the_shortest_shot) {
  const auto cuts = [](std::int64_t least_ms) {
    Film film({.min_shot_duration = least_ms * 1'000'000});
    film.still(1, 30);
    film.still(2, 12);
    film.still(3, 30);
    film.finish();
    return film.boundaries.size();
  };
  EXPECT_EQ(cuts(480), 2U);
  EXPECT_EQ(cuts(481), 1U);
}

TEST(ShotDetector, works_without_times) {
  Film film({.min_shot_duration = 480'000'000});
  film.timed = false;
  film.still(1, 30);
  film.still(2, 12);
  film.still(3, 11);
  film.still(4, 30);
  film.finish();
  expect_cuts(film, {30, 42});
  EXPECT_FALSE(film.boundaries.at(0).start.pts);
}

TEST(ShotDetector, finds_less_with_a_higher_threshold) {
  const auto cuts = [](float threshold) {
    Film film({.threshold = threshold});
    film.still(1, 30);
    film.still(2, 30);
    film.finish();
    return film.boundaries.size();
  };
  EXPECT_EQ(cuts(0.5F), 1U);
  EXPECT_EQ(cuts(0.95F), 0U);
}

TEST(ShotDetector, takes_a_new_threshold_while_it_runs) {
  Film film({.threshold = 0.95F});
  film.still(1, 30);
  film.still(2, 30);
  film.detector().set_threshold(0.5F);
  film.still(3, 30);
  film.finish();
  expect_cuts(film, {60});
}

TEST(ShotDetector, leaves_small_distances_to_the_noise_floor) {
  const auto cuts = [](float floor) {
    Film film({.distance_floor = floor});
    film.still(1, 30);
    film.still(2, 30);
    film.finish();
    return film.boundaries.size();
  };
  EXPECT_EQ(cuts(0.02F), 1U);
  EXPECT_EQ(cuts(10.0F), 0U);
}

TEST(ShotDetector, restarts_after_finish_and_after_reset) {
  for (const bool drop : {false, true}) {
    Film film;
    film.still(1, 30);
    if (drop) {
      film.detector().reset();
    } else {
      film.finish();
    }
    film.still(2, 30);
    film.finish();
    EXPECT_THAT(film.boundaries, IsEmpty());
    EXPECT_THAT(film.decisions, SizeIs(drop ? 52 : 60));
  }
}

TEST(ShotDetector, forgets_a_fade_that_was_continuing) {
  Film film;
  film.still(1, 30);
  for (int i = 1; i <= 10; ++i) film.add(mix(image(1), plain(0), static_cast<float>(i) / 10));
  film.finish();
  for (int i = 1; i < 10; ++i) film.add(mix(plain(0), image(2), static_cast<float>(i) / 10));
  film.still(2, 30);
  film.finish();
  EXPECT_THAT(film.boundaries, IsEmpty());
}

TEST(ShotDetector, accepts_a_film_of_one_frame_or_none) {
  Film film;
  film.finish();
  EXPECT_THAT(film.decisions, IsEmpty());
  film.still(1, 1);
  film.finish();
  ASSERT_THAT(film.decisions, SizeIs(1));
  EXPECT_EQ(film.decisions[0].score, 0);
}

TEST(ShotDetector, takes_features_that_are_zero_not_finite_or_of_another_length) {
  ShotDetector detector({});
  std::size_t decided = 0;
  const Luma luma = image(1);
  for (const auto& values :
       {std::vector<float>(8), std::vector<float>(8, NAN), std::vector<float>(4, 1.0F),
        std::vector<float>(8, INFINITY), std::vector<float>(8, 1.0F)}) {
    for (std::uint64_t i = 0; i < 12; ++i) {
      for (const ShotDecision& decision : detector.push({{i, {}}, luma, values, {}})) {
        EXPECT_GE(decision.score, 0);
        EXPECT_LE(decision.score, 1);
        EXPECT_THAT(decision.boundaries, IsEmpty());
        ++decided;
      }
    }
  }
  EXPECT_EQ(decided + detector.finish().size(), 60U);
}

TEST(ShotDetector, judges_by_luma_where_there_is_no_model) {
  ShotDetector detector({});
  std::vector<std::uint64_t> cuts;
  const auto take = [&](const std::vector<ShotDecision>& decisions) {
    for (const ShotDecision& decision : decisions) {
      for (const Boundary& boundary : decision.boundaries) cuts.push_back(boundary.start.number);
    }
  };
  for (std::uint64_t i = 0; i < 60; ++i) {
    const Luma luma = image(i < 33 ? 1 : 2);
    take(detector.push({{i, {}}, luma, {}, {}}));
  }
  take(detector.finish());
  EXPECT_EQ(cuts, std::vector<std::uint64_t>{33});
}

TEST(ShotDetectorWithProbabilities, puts_the_cut_after_the_last_frame_of_the_old_shot) {
  Film film;
  for (int i = 0; i < 60; ++i) {
    const bool last = i == 29;
    film.add(image(i < 30 ? 1 : 2), {last ? 0.9F : 0.01F, last ? 0.95F : 0.02F});
  }
  film.finish();
  expect_cuts(film, {30});
  EXPECT_FLOAT_EQ(film.decisions.at(30).distance, 0.9F);
}

TEST(ShotDetectorWithProbabilities, does_not_believe_a_peak_at_a_flash) {
  Film film;
  for (int i = 0; i < 60; ++i) {
    const bool peak = i == 29 || i == 31;
    film.add(i == 30 || i == 31 ? plain(255) : image(1), {peak ? 0.8F : 0.01F, 0.02F});
  }
  film.finish();
  EXPECT_THAT(film.boundaries, IsEmpty());
}

// As in dark films: a low probability in a single frame, while the luma changes clearly.
TEST(ShotDetectorWithProbabilities, believes_a_low_peak_that_is_sharp) {
  const auto cuts = [](float peak, float beside) {
    Film film;
    for (int i = 0; i < 60; ++i) {
      const bool is_beside = i == 28 || i == 30;
      film.add(image(i < 30 ? 1 : 2), {i == 29 ? peak : is_beside ? beside : 0.001F, 0.02F});
    }
    film.finish();
    return film.boundaries.size();
  };
  EXPECT_EQ(cuts(0.2F, 0.001F), 1U);
  EXPECT_EQ(cuts(0.2F, 0.1F), 0U) << "not sharp";
  EXPECT_EQ(cuts(0.05F, 0.001F), 0U) << "too low";
}

TEST(ShotDetectorWithProbabilities, takes_the_extent_of_a_gradual_change_from_the_other_head) {
  Film film;
  for (int i = 0; i < 90; ++i) {
    const bool inside = i >= 40 && i < 55;
    // Pixels do not change like a dissolve: frames in between belong to neither shot.
    film.add(image(i < 40   ? 1
                   : inside ? 100 + i
                            : 2),
             {i == 47 ? 0.8F : 0.05F, inside ? 0.9F : 0.05F});
  }
  film.finish();
  ASSERT_THAT(film.boundaries, SizeIs(1));
  EXPECT_EQ(film.boundaries[0].kind, TransitionKind::Dissolve);
  EXPECT_EQ(film.boundaries[0].start.number, 40U);
  EXPECT_EQ(film.boundaries[0].middle.number, 47U);
  EXPECT_EQ(film.boundaries[0].end.number, 55U);
}

// Something passes close to the camera: the model takes it for a change of shots.
TEST(ShotDetectorWithProbabilities, drops_a_gradual_change_that_leads_back_to_the_same_image) {
  Film film;
  for (int i = 0; i < 90; ++i) {
    const bool inside = i >= 40 && i < 48;
    film.add(image(inside ? 100 + i : 1), {i == 44 ? 0.8F : 0.05F, inside ? 0.9F : 0.05F});
  }
  film.finish();
  EXPECT_THAT(film.boundaries, IsEmpty());
}

TEST(TransitionKind, is_read_by_the_names_that_it_is_written_with) {
  for (const auto kind : {TransitionKind::Cut, TransitionKind::Dissolve, TransitionKind::Fade}) {
    EXPECT_EQ(parse_transition_kind(to_string(kind)), kind);
  }
  EXPECT_FALSE(parse_transition_kind("wipe"));
}

}  // namespace
}  // namespace gsttorch::test
