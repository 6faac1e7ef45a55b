// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>
#include <vector>

namespace gsttorch {

struct Point {
  double x = 0;
  double y = 0;
};

enum class Mark { Line, Area, Dots };

/// What is drawn in one colour.
struct Series {
  std::string name;
  Mark mark = Mark::Line;
  std::vector<Point> points;
};

struct Tick {
  double at = 0;
  std::string label;
};

/// A diagram as wide as its column, with texts that keep their size: lines are SVG that is
/// scaled, labels are HTML beside it.
struct Chart {
  std::string title;
  std::string unit;         ///< of y, in words
  std::string description;  ///< what it shows, for those who do not see it
  double x_min = 0;
  double x_max = 1;
  double y_min = 0;
  double y_max = 1;
  std::vector<Tick> x_ticks;
  std::vector<Tick> y_ticks;
  std::vector<double> marked;  ///< x of vertical lines
  std::vector<Series> series;  ///< at most three: the style has three colours
  std::string below;           ///< markup between the plot and its x labels
  std::string note;            ///< a sentence under the chart

  std::string html() const;
};

/// At most `most` round numbers within a range that has an extent.
std::vector<double> round_numbers(double min, double max, int most);

/// Sets y from 0 to a round number above all points, and its ticks. Where a few points of the first
/// series are far above all others, the range is that of the others: those few are marked at its
/// top, and a note gives their number.
void fit_y(Chart& chart, int decimals_at_most = 3);

/// Sets x from 0 to `seconds`, and its ticks.
void fit_time(Chart& chart, double seconds);

/// So many points at most: each the mean, or the largest, of its neighbours.
enum class Thin { Mean, Largest };
std::vector<Point> thinned(const std::vector<Point>& points, std::size_t most, Thin how);

}  // namespace gsttorch
