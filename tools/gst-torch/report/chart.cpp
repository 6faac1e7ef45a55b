// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/report/chart.h"

#include <algorithm>
#include <cmath>

#include "tools/gst-torch/support/html.h"

namespace gsttorch {
namespace {

constexpr double kWidth = 1000, kHeight = 200;  // of the SVG's own coordinates

class Scale {
 public:
  explicit Scale(const Chart& chart) : chart_(chart) {}
  double x(double value) const { return share(value, chart_.x_min, chart_.x_max); }
  double y(double value) const { return share(value, chart_.y_min, chart_.y_max); }
  std::string at(const Point& point) const {
    return format_number(kWidth * x(point.x), 1) + " " +
           format_number(kHeight * (1 - y(point.y)), 1);
  }

 private:
  static double share(double value, double min, double max) {
    return max > min ? std::clamp((value - min) / (max - min), 0.0, 1.0) : 0;
  }
  const Chart& chart_;
};

std::string line_path(const Series& series, const Scale& scale) {
  std::string path;
  for (const Point& point : series.points)
    path += std::string(path.empty() ? "M" : "L") + scale.at(point);
  return path;
}

std::string area_path(const Series& series, const Scale& scale, double floor) {
  if (series.points.empty()) return "";
  return line_path(series, scale) + "L" + scale.at({series.points.back().x, floor}) + "L" +
         scale.at({series.points.front().x, floor}) + "Z";
}

// Lines of no length with round ends: they stay round however the image is scaled.
std::string dots_path(const Series& series, const Scale& scale) {
  std::string path;
  for (const Point& point : series.points) path += std::string("M") + scale.at(point) + "h0";
  return path;
}

std::string path_tag(const std::string& classes, const std::string& path) {
  return "<path class=\"" + classes + "\" d=\"" + path + "\"/>";
}

std::string series_tags(const Series& series, std::size_t number, const Scale& scale,
                        double floor) {
  const std::string color = std::string("s") + std::to_string(number);
  switch (series.mark) {
    case Mark::Dots:
      return path_tag("dots " + color, dots_path(series, scale));
    case Mark::Area:
      return path_tag("area " + color, area_path(series, scale, floor)) +
             path_tag("line " + color, line_path(series, scale));
    case Mark::Line:
      break;
  }
  return path_tag("line " + color, line_path(series, scale));
}

std::string legend(const Chart& chart) {
  if (chart.series.size() < 2) return "";
  std::string text = "<span class=legend>";
  for (std::size_t i = 0; i < chart.series.size(); i++) {
    text += "<span><i class=s" + std::to_string(i) + "></i>" + escaped(chart.series[i].name) +
            "</span> ";
  }
  return text + "</span>";
}

std::string svg(const Chart& chart, const Scale& scale) {
  std::string text =
      "<svg role=img viewBox=\"0 0 1000 200\" preserveAspectRatio=none aria-label=\"" +
      escaped(chart.title + ". " + chart.description) + "\">";
  std::string grid, marks;
  for (const Tick& tick : chart.y_ticks) {
    grid += std::string("M") + scale.at({chart.x_min, tick.at}) + "H1000";
  }
  text += path_tag("grid", grid);
  for (const double x : chart.marked) marks += std::string("M") + scale.at({x, chart.y_min}) + "V0";
  if (!marks.empty()) text += path_tag("marks", marks);
  for (std::size_t i = 0; i < chart.series.size(); i++) {
    text += series_tags(chart.series[i], i, scale, chart.y_min);
  }
  return text + "</svg>";
}

std::string percent(double share) { return format_number(100 * share, 2) + "%"; }

/// The largest y that is to be within the range: of most points, where few are far above them.
double highest(const Chart& chart) {
  std::vector<double> heights;
  for (const Series& series : chart.series) {
    for (const Point& point : series.points) heights.push_back(point.y);
  }
  if (heights.empty()) return 0;
  std::sort(heights.begin(), heights.end());
  const double usual = heights[(heights.size() - 1) * 95 / 100], most = heights.back();
  return heights.size() < 20 || !(most > 3 * usual) ? most : 1.5 * usual;
}

void mark_outliers(Chart& chart) {
  if (chart.series.empty()) return;
  Series outliers{"above the range", Mark::Dots, {}};
  double most = 0;
  for (const Point& point : chart.series[0].points) {
    if (point.y <= chart.y_max) continue;
    outliers.points.push_back(point);  // drawn at the top
    most = std::max(most, point.y);
  }
  if (outliers.points.empty()) return;
  chart.note = "Dots at the top: " + format_count(outliers.points.size()) +
               " values above the range, the largest " + format_number(most, 2) + ".";
  chart.series.push_back(std::move(outliers));
}

}  // namespace

std::string Chart::html() const {
  const Scale scale(*this);
  std::string text = "<figure class=chart><figcaption><b>" + escaped(title) + "</b> <span>" +
                     escaped(unit) + "</span>" + legend(*this) + "</figcaption><div class=plot>" +
                     "<div class=y aria-hidden=true>";
  for (const Tick& tick : y_ticks) {
    text += "<span style=\"bottom:" + percent(scale.y(tick.at)) + "\">" + escaped(tick.label) +
            "</span>";
  }
  text += "</div>" + svg(*this, scale) + below + "<div class=x aria-hidden=true>";
  for (const Tick& tick : x_ticks) {
    text +=
        "<span style=\"left:" + percent(scale.x(tick.at)) + "\">" + escaped(tick.label) + "</span>";
  }
  text += "</div></div>";
  if (!note.empty()) text += "<p class=note>" + escaped(note) + "</p>";
  return text + "</figure>\n";
}

std::vector<double> round_numbers(double min, double max, int most) {
  const double raw = (max - min) / most;
  const double power = std::pow(10, std::floor(std::log10(raw)));
  double step = 10 * power;
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= raw * 0.999) {
      step = factor * power;
      break;
    }
  }
  std::vector<double> numbers;
  for (double i = std::ceil(min / step - 1e-9); i * step <= max + 1e-9 * step; i++) {
    numbers.push_back(i * step + 0.0);  // no negative zero
  }
  return numbers;
}

void fit_y(Chart& chart, int decimals_at_most) {
  double most = highest(chart);
  if (!(most > 0)) most = 1;
  const auto steps = round_numbers(0, most, 4);
  const double step = steps.size() > 1 ? steps[1] : most;
  chart.y_min = 0;
  chart.y_max = std::ceil(most / step - 1e-9) * step;
  const int decimals =
      std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 0, decimals_at_most);
  chart.y_ticks.clear();
  for (double y = 0; y <= chart.y_max + step / 2; y += step) {
    chart.y_ticks.push_back({y, format_number(y, decimals)});
  }
  mark_outliers(chart);
}

void fit_time(Chart& chart, double seconds) {
  chart.x_min = 0;
  chart.x_max = std::max(seconds, 1e-3);
  const auto numbers = round_numbers(0, chart.x_max, 6);
  const double step = numbers.size() > 1 ? numbers[1] : 1;
  const int decimals = step >= 1 ? 0 : step >= 0.1 ? 1 : 2;
  for (const double at : numbers) {
    const auto whole = static_cast<long>(at);
    const std::string label = chart.x_max < 120
                                  ? format_number(at, decimals) + " s"
                                  : std::to_string(whole / 60) + ":" +
                                        (whole % 60 < 10 ? "0" : "") + std::to_string(whole % 60);
    chart.x_ticks.push_back({at, label});
  }
}

std::vector<Point> thinned(const std::vector<Point>& points, std::size_t most, Thin how) {
  if (points.size() <= most) return points;
  std::vector<Point> kept;
  for (std::size_t i = 0; i < most; i++) {
    const std::size_t from = i * points.size() / most, to = (i + 1) * points.size() / most;
    Point sum, largest = points[from];
    for (std::size_t j = from; j < to; j++) {
      sum.x += points[j].x;
      sum.y += points[j].y;
      if (points[j].y > largest.y) largest = points[j];
    }
    const auto count = static_cast<double>(to - from);
    kept.push_back(how == Thin::Mean ? Point{sum.x / count, sum.y / count} : largest);
  }
  return kept;
}

}  // namespace gsttorch
