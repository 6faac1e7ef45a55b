// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/report/chart.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gsttorch {
namespace {

using testing::DoubleEq;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<Point> points(std::initializer_list<double> heights) {
  std::vector<Point> result;
  for (const double height : heights)
    result.push_back({static_cast<double>(result.size()), height});
  return result;
}

std::vector<std::string> labels(const std::vector<Tick>& ticks) {
  std::vector<std::string> result;
  for (const Tick& tick : ticks) result.push_back(tick.label);
  return result;
}

Chart chart_of(std::vector<Point> heights) {
  Chart chart;
  chart.title = "title";
  chart.series.push_back({"name", Mark::Line, std::move(heights)});
  return chart;
}

TEST(RoundNumbers, are_steps_of_one_two_or_five) {
  EXPECT_THAT(round_numbers(0, 10, 5), ElementsAre(0, 2, 4, 6, 8, 10));
  EXPECT_THAT(round_numbers(0, 9.9, 4), ElementsAre(0, 5));
  EXPECT_THAT(round_numbers(0, 0.4, 4),
              ElementsAre(0, DoubleEq(0.1), DoubleEq(0.2), testing::_, DoubleEq(0.4)));
}

TEST(RoundNumbers, have_no_negative_zero) {
  EXPECT_FALSE(std::signbit(round_numbers(0, 10, 5).front()));
}

TEST(Chart, has_an_axis_from_0_to_above_all_points) {
  Chart chart = chart_of(points({1, 7.2, 3}));
  fit_y(chart);
  EXPECT_EQ(chart.y_max, 8);
  EXPECT_THAT(labels(chart.y_ticks), ElementsAre("0", "2", "4", "6", "8"));
  EXPECT_EQ(chart.note, "");
}

TEST(Chart, of_nothing_but_zeros_has_an_axis) {
  Chart chart = chart_of(points({0, 0}));
  fit_y(chart);
  EXPECT_GT(chart.y_max, 0);
}

TEST(Chart, marks_what_is_far_above_all_else_and_says_so) {
  std::vector<Point> heights;
  for (int i = 0; i < 100; i++) heights.push_back({static_cast<double>(i), i == 50 ? 200.0 : 8.0});
  Chart chart = chart_of(heights);
  fit_y(chart);
  EXPECT_LT(chart.y_max, 20);
  ASSERT_EQ(chart.series.size(), 2u);
  EXPECT_EQ(chart.series[1].points.size(), 1u);
  EXPECT_THAT(chart.html(), HasSubstr("1 values above the range, the largest 200.00"));
}

TEST(Chart, shows_times_in_minutes_where_there_are_many_seconds) {
  Chart brief, lengthy;
  fit_time(brief, 10);
  fit_time(lengthy, 600);
  EXPECT_THAT(labels(brief.x_ticks), ElementsAre("0 s", "2 s", "4 s", "6 s", "8 s", "10 s"));
  EXPECT_THAT(labels(lengthy.x_ticks), testing::Contains("3:20"));
}

TEST(Chart, draws_its_points_from_the_lower_left) {
  Chart chart = chart_of({{0, 0}, {10, 1}});
  chart.x_max = 10;
  EXPECT_THAT(chart.html(), HasSubstr("d=\"M0.0 200.0L1000.0 0.0\""));
}

TEST(Chart, escapes_its_words) {
  Chart chart = chart_of(points({1}));
  chart.title = "<b>&\"";
  EXPECT_THAT(chart.html(), HasSubstr("&lt;b&gt;&amp;&quot;"));
  EXPECT_THAT(chart.html(), Not(HasSubstr("<b>&\"")));
}

TEST(Thinned, keeps_few_points_as_they_are) {
  EXPECT_EQ(thinned(points({1, 2, 3}), 3, Thin::Mean).size(), 3u);
}

TEST(Thinned, takes_means_or_the_largest) {
  const auto many = points({1, 3, 10, 20});
  const auto means = thinned(many, 2, Thin::Mean), largest = thinned(many, 2, Thin::Largest);
  ASSERT_EQ(means.size(), 2u);
  EXPECT_EQ(means[0].y, 2);
  EXPECT_EQ(means[1].y, 15);
  EXPECT_EQ(largest[1].y, 20);
  EXPECT_EQ(largest[1].x, 3);
}

}  // namespace
}  // namespace gsttorch
