// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/scenes/score_plot.h"

#include <algorithm>
#include <set>

#include "lib/formats/output_file.h"
#include "tools/gst-torch/report/chart.h"
#include "tools/gst-torch/support/drawing/image_canvas.h"
#include "tools/gst-torch/support/html.h"

namespace gsttorch {
namespace {

constexpr int kHeight = 400, kLeast = 1200, kMost = 6000;  // pixels
constexpr double kLeft = 56, kRight = 20, kTop = 64, kBottom = 40;
constexpr double kFramesPerPixel = 4;  // of long videos
constexpr double kShade = 0.25;        // opacity
constexpr Color kWhite{255, 255, 255}, kInk{31, 35, 40}, kSoft{101, 109, 118}, kRule{222, 226, 230},
    kScore{9, 105, 218}, kThreshold{207, 34, 46}, kCut{26, 127, 55}, kDissolve{251, 143, 68},
    kFade{130, 80, 223};

double seconds_of(const SceneScan& scan, std::uint64_t frame) {
  const auto& time = scan.scores[std::min<std::size_t>(frame, scan.scores.size() - 1)].time;
  // Without times, as if there were 25 frames a second.
  return time ? static_cast<double>(*time) / 1e9 : static_cast<double>(frame) / 25;
}

class ScorePlot {
 public:
  ScorePlot(const SceneScan& scan, int width) : scan_(scan), width_(width) {
    chart_.y_max = 1;
    fit_time(chart_, seconds_of(scan, scan.scores.size() - 1));
  }

  void draw(Canvas& canvas, const std::string& title) const {
    canvas.fill({0, 0, double(width_), kHeight}, kWhite, 1);
    canvas.write(title + ": score of every frame", {kLeft, 24}, {kInk, 16});
    draw_boundaries(canvas);
    draw_axes(canvas);
    draw_scores(canvas);
    draw_legend(canvas);
  }

 private:
  double x(double seconds) const {
    return kLeft + (width_ - kLeft - kRight) * std::clamp(seconds / chart_.x_max, 0.0, 1.0);
  }
  static double y(double score) {
    return kTop + (kHeight - kTop - kBottom) * (1 - std::clamp(score, 0.0, 1.0));
  }

  void draw_axes(Canvas& canvas) const {
    for (const double at : {0.0, 0.25, 0.5, 0.75, 1.0}) {
      canvas.draw({{kLeft, y(at)}, {width_ - kRight, y(at)}}, {kRule});
      canvas.write(format_number(at, 2), {kLeft - 8, y(at) + 4}, {kSoft, 13, Anchor::End});
    }
    for (const Tick& tick : chart_.x_ticks) {
      canvas.draw({{x(tick.at), y(0)}, {x(tick.at), y(0) + 5}}, {kSoft});
      canvas.write(tick.label, {x(tick.at), y(0) + 20}, {kSoft, 13, Anchor::Middle});
    }
  }

  void draw_boundaries(Canvas& canvas) const {
    for (const Shot& shot : scan_.shots) {
      if (!shot.boundary) continue;
      const Boundary& boundary = *shot.boundary;
      const double middle = x(seconds_of(scan_, boundary.middle.number));
      if (boundary.kind != TransitionKind::Cut) shade(canvas, boundary);
      canvas.draw({{middle, kTop}, {middle, y(0)}}, {color_of(boundary)});
    }
    number_shots(canvas);
  }

  void shade(Canvas& canvas, const Boundary& boundary) const {
    const double from = x(seconds_of(scan_, boundary.start.number));
    const double to = x(seconds_of(scan_, boundary.end.number));
    canvas.fill({from, kTop, std::max(2.0, to - from), y(0) - kTop}, color_of(boundary), kShade);
  }

  // As far as there is room.
  void number_shots(Canvas& canvas) const {
    for (std::size_t i = 0; i < scan_.shots.size(); i++) {
      const double from = x(seconds_of(scan_, scan_.shots[i].first_frame));
      const double to = x(seconds_of(scan_, scan_.shots[i].end_frame));
      const std::string number = std::to_string(i + 1);
      if (to - from < 6 + 8.0 * static_cast<double>(number.size())) continue;
      canvas.write(number, {(from + to) / 2, kTop - 6}, {kSoft, 13, Anchor::Middle});
    }
  }

  void draw_scores(Canvas& canvas) const {
    canvas.draw({{kLeft, y(scan_.threshold)}, {width_ - kRight, y(scan_.threshold)}},
                {kThreshold, 1, true});
    std::vector<Point> points;
    for (const ShotScore& frame : scan_.scores) {
      points.push_back({seconds_of(scan_, frame.frame), frame.score});
    }
    std::vector<Place> line;
    for (const Point& point : thinned(points, static_cast<std::size_t>(width_), Thin::Largest)) {
      line.push_back({x(point.x), y(point.y)});
    }
    canvas.draw(line, {kScore, 1.4});
  }

  // From right to left, what there is.
  void draw_legend(Canvas& canvas) const {
    std::set<TransitionKind> kinds;
    for (const Shot& shot : scan_.shots) {
      if (shot.boundary) kinds.insert(shot.boundary->kind);
    }
    double right = width_ - kRight;
    const auto entry = [&](const std::string& word, const Color& color) {
      right -= 8.0 * static_cast<double>(word.size());
      canvas.write(word, {right, 24}, {kInk, 13});
      canvas.fill({right - 18, 17, 12, 6}, color, 1);
      right -= 34;
    };
    if (kinds.contains(TransitionKind::Fade)) entry("fade", blend(kFade));
    if (kinds.contains(TransitionKind::Dissolve)) entry("dissolve", blend(kDissolve));
    if (kinds.contains(TransitionKind::Cut)) entry("cut", kCut);
    entry("threshold " + format_number(scan_.threshold, 2), kThreshold);
    entry("score", kScore);
  }

  static Color color_of(const Boundary& boundary) {
    if (boundary.kind == TransitionKind::Cut) return kCut;
    return boundary.kind == TransitionKind::Fade ? kFade : kDissolve;
  }

  // As it looks where it is shaded.
  static Color blend(const Color& color) {
    const auto part = [](std::uint8_t c) {
      return static_cast<std::uint8_t>(255 - (255 - c) * kShade);
    };
    return {part(color.red), part(color.green), part(color.blue)};
  }

  const SceneScan& scan_;
  const int width_;
  Chart chart_;  // for its axis of time
};

}  // namespace

Result<void> write_score_plot(const std::string& path, const SceneScan& scan,
                              const std::string& title) {
  const int width = std::clamp(
      static_cast<int>(static_cast<double>(scan.scores.size()) / kFramesPerPixel), kLeast, kMost);
  const ScorePlot plot(scan, width);
  if (path.ends_with(".svg")) {
    SvgCanvas canvas(width, kHeight);
    plot.draw(canvas, title);
    return write_whole_file(path, canvas.file());
  }
  const auto canvas = ImageCanvas::create(width, kHeight, kWhite);
  if (!canvas) return canvas.error();
  plot.draw(**canvas, title);
  return write_image(path, (*canvas)->image());
}

}  // namespace gsttorch
