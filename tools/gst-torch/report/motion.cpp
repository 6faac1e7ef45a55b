// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "lib/formats/flow_color.h"
#include "tools/gst-torch/report/chart.h"
#include "tools/gst-torch/report/sections.h"
#include "tools/gst-torch/support/html.h"

namespace gsttorch {
namespace {

constexpr std::size_t kMostPoints = 500, kMostRows = 100;
constexpr double kLeastVector = 0.1;  // px: what is shorter has no direction worth drawing
constexpr double kDegrees = 180 / M_PI;

double seconds(const std::optional<std::uint64_t>& ns) {
  return static_cast<double>(ns.value_or(0)) / 1e9;
}

double length_seconds(const ReportData& data) {
  return data.frames.empty() ? 0 : seconds_of(data.frames.back());
}

std::vector<Point> points_of(const ReportData& data, std::optional<double> ReportFrame::*field) {
  std::vector<Point> points;
  for (const ReportFrame& frame : data.frames) {
    if (frame.*field) points.push_back({seconds_of(frame), *(frame.*field)});
  }
  return points;
}

Chart chart_over_time(const ReportData& data, const char* title, const char* unit) {
  Chart chart;
  chart.title = title;
  chart.unit = unit;
  fit_time(chart, length_seconds(data));
  for (std::size_t i = 1; i < data.shots.size(); i++) {
    chart.marked.push_back(seconds(data.shots[i].start_ns));
  }
  return chart;
}

std::string format_range(const std::vector<Point>& points, const char* unit) {
  const auto [least, most] = std::minmax_element(
      points.begin(), points.end(), [](const Point& a, const Point& b) { return a.y < b.y; });
  return "Between " + format_number(least->y, 2) + " and " + format_number(most->y, 2) + " " +
         unit + ", most at " + format_time(most->x) + ".";
}

std::string magnitude_chart(const ReportData& data) {
  Chart chart =
      chart_over_time(data, "Amount of motion", "mean magnitude of the flow, pixels per pair");
  const auto points = points_of(data, &ReportFrame::mean_motion);
  chart.description = format_range(points, "pixels");
  chart.series.push_back({"mean", Mark::Area, thinned(points, kMostPoints, Thin::Mean)});
  fit_y(chart);
  return chart.html();
}

std::string largest_chart(const ReportData& data) {
  Chart chart =
      chart_over_time(data, "Fastest point", "maximum magnitude of the flow, pixels per pair");
  const auto points = points_of(data, &ReportFrame::max_motion);
  chart.description = format_range(points, "pixels");
  chart.series.push_back({"largest", Mark::Line, thinned(points, kMostPoints, Thin::Largest)});
  fit_y(chart);
  return chart.html();
}

/// Mean vector and magnitudes of an interval of the stream.
struct Interval {
  const ReportFrame* first = nullptr;
  double x = 0, y = 0, mean = 0, largest = 0;  // pixels
  std::size_t frames = 0;                      // with flow

  double length() const { return std::hypot(x, y); }
  double angle() const { return std::atan2(-y, x) * kDegrees; }  // counterclockwise from right
};

std::vector<Interval> intervals(const ReportData& data, std::size_t most) {
  const std::size_t all = data.frames.size(), count = std::min(most, all);
  std::vector<Interval> result;
  for (std::size_t i = 0; i < count; i++) {
    Interval interval;
    interval.first = &data.frames[i * all / count];
    for (std::size_t j = i * all / count; j < (i + 1) * all / count; j++) {
      const ReportFrame& frame = data.frames[j];
      if (!frame.mean_motion) continue;
      interval.frames++;
      interval.x += frame.mean_x.value_or(0);
      interval.y += frame.mean_y.value_or(0);
      interval.mean += *frame.mean_motion;
      interval.largest = std::max(interval.largest, frame.max_motion.value_or(0));
    }
    const auto n = static_cast<double>(std::max<std::size_t>(1, interval.frames));
    interval.x /= n;
    interval.y /= n;
    interval.mean /= n;
    result.push_back(interval);
  }
  return result;
}

std::string hex(Rgb color) {
  char text[8];
  std::snprintf(text, sizeof text, "#%02x%02x%02x", color[0], color[1], color[2]);
  return text;
}

/// A strip in the colours of the flow images.
std::string ribbon(const std::vector<Interval>& all) {
  std::vector<float> lengths;
  for (const Interval& interval : all) lengths.push_back(static_cast<float>(interval.length()));
  std::sort(lengths.begin(), lengths.end());
  FlowColoring coloring;  // full at what all but a few stay below
  if (!lengths.empty()) coloring.max_magnitude = std::max(1.0f, lengths[lengths.size() * 9 / 10]);
  std::string text = "<svg class=ribbon aria-hidden=true viewBox=\"0 0 " +
                     std::to_string(all.size()) + " 1\" preserveAspectRatio=none>";
  for (std::size_t i = 0; i < all.size(); i++) {
    const FlowVector vector{static_cast<float>(all[i].x), static_cast<float>(all[i].y)};
    text += "<path stroke=\"" + hex(flow_color(vector, coloring)) + "\" d=\"M" + std::to_string(i) +
            " .5h1.05\"/>";
  }
  return text + "</svg>";
}

std::string direction_chart(const ReportData& data) {
  Chart chart = chart_over_time(data, "Direction of motion", "of the mean flow vector of a frame");
  const auto all = intervals(data, kMostPoints);
  Series series{"direction", Mark::Dots, {}};
  double x = 0, y = 0;
  for (const Interval& interval : all) {
    x += interval.x;
    y += interval.y;
    if (interval.frames > 0 && interval.length() >= kLeastVector) {
      series.points.push_back({seconds_of(*interval.first), interval.angle()});
    }
  }
  chart.description = "Over all frames, the mean vector points " +
                      format_number(std::atan2(-y, x) * kDegrees, 0) +
                      " degrees counterclockwise from right.";
  chart.series.push_back(std::move(series));
  chart.y_min = -180;
  chart.y_max = 180;
  chart.y_ticks = {{180, "left"}, {90, "up"}, {0, "right"}, {-90, "down"}, {-180, "left"}};
  chart.below = ribbon(all);
  return chart.html();
}

std::string format_direction(const Interval& interval) {
  if (interval.frames == 0 || interval.length() < kLeastVector) return "\u2013";
  static const char* const arrows[] = {"→", "↗", "↑", "↖", "←", "↙", "↓", "↘"};
  const long eighth = std::lround(interval.angle() / 45 + 8) % 8;
  return std::string(arrows[eighth]) + " " + format_number(interval.angle(), 0) + "°";
}

std::string motion_table(const ReportData& data) {
  Table table("Motion by time", {{"from"},
                                 {"frames"},
                                 {"mean, px"},
                                 {"largest, px"},
                                 {"right, px"},
                                 {"down, px"},
                                 {"direction"}});
  for (const Interval& interval : intervals(data, kMostRows)) {
    const bool known = interval.frames > 0;
    const auto figure = [&](double value) {
      return known ? format_number(value, 2) : std::string("\u2013");
    };
    table.row({format_time(seconds_of(*interval.first)), format_count(interval.frames),
               figure(interval.mean), figure(interval.largest), figure(interval.x),
               figure(interval.y), format_direction(interval)});
  }
  return table.folded("Motion as a table");
}

const char* pair_text(const ReportData& data) {
  const nlohmann::json::json_pointer setting("/properties/raftflow/direction");
  const auto run = nlohmann::json(data.run);
  return run.contains(setting) && run[setting] == "backward"
             ? "Vectors point from the later frame of a pair to the earlier one."
             : "Vectors point from the earlier frame of a pair to the later one.";
}

std::string shots_table(const ReportData& data) {
  Table table("Shots", {{"shot"}, {"from"}, {"to"}, {"frames"}});
  std::size_t number = 1;
  for (const Shot& shot : data.shots) {
    table.row({std::to_string(number++), format_time(seconds(shot.start_ns)),
               format_time(seconds(shot.end_ns)), format_count(shot.frames())});
  }
  return table.html();
}

}  // namespace

std::string motion_content(const ReportData& data) {
  if (!data.has(&ReportFrame::mean_motion)) return "";
  std::string text = "<p class=note>" + std::string(pair_text(data)) +
                     " A pair is a frame and the frame before it. The horizontal axis is the time "
                     "in the video.</p>\n" +
                     magnitude_chart(data) + largest_chart(data);
  if (data.has(&ReportFrame::mean_x)) {
    text += direction_chart(data) +
            "<p class=note>There is no dot where the mean vector is shorter than " +
            format_number(kLeastVector, 1) +
            " px: nothing moves, or motions cancel out. The strip has the colours of the "
            "flow images.</p>\n";
  }
  return text + motion_table(data);
}

std::string shots_content(const ReportData& data) {
  if (!data.has(&ReportFrame::shot_score)) return "";
  Chart chart = chart_over_time(data, "Shot boundary score", "0 to 1, per frame");
  const auto points = points_of(data, &ReportFrame::shot_score);
  chart.description = format_range(points, "");
  chart.series.push_back({"score", Mark::Line, thinned(points, kMostPoints, Thin::Largest)});
  chart.y_ticks = {{0, "0"}, {0.5, "0.5"}, {1, "1"}};
  return chart.html() + shots_table(data);
}

std::string matches_content(const ReportData& data) {
  if (!data.has(&ReportFrame::matches)) return "";
  Chart chart = chart_over_time(data, "Matches", "matches per pair of frames");
  const auto points = points_of(data, &ReportFrame::matches);
  chart.description = format_range(points, "matches");
  chart.series.push_back({"matches", Mark::Area, thinned(points, kMostPoints, Thin::Mean)});
  fit_y(chart, 0);
  return chart.html();
}

}  // namespace gsttorch
