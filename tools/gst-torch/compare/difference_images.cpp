// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/compare/difference_images.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "lib/base/format.h"
#include "lib/formats/flow_color.h"
#include "lib/vision/geometry.h"
#include "tools/gst-torch/compare/array_files.h"
#include "tools/gst-torch/compare/match_errors.h"
#include "tools/gst-torch/compare/stage_parts.h"
#include "tools/gst-torch/support/drawing/image_canvas.h"
#include "tools/gst-torch/support/image.h"

namespace gsttorch {
namespace {

constexpr Color kPaper{255, 255, 255}, kInk{30, 30, 30}, kBoard{24, 24, 24};
constexpr Color kRight{40, 220, 80}, kWrong{230, 60, 50}, kUnjudged{200, 200, 200};
constexpr Color kOnlyReference{90, 150, 255}, kOnlyOther{255, 170, 40};
constexpr int kMargin = 8, kCaption = 24;
constexpr int kLeastWidth = 200;  // of a panel, so that its caption fits
constexpr int kMostSide = 4096;   // pixels: of a board of matches
constexpr std::size_t kMostLines = 400;

using Captions = std::array<std::string, 3>;

/// Three panels of equal size side by side, each below its caption.
class Panels {
 public:
  static Result<Panels> create(int width, int height, const Captions& captions) {
    width = std::max(width, kLeastWidth);
    auto canvas =
        ImageCanvas::create(3 * (width + kMargin) + kMargin, height + kCaption + kMargin, kPaper);
    if (!canvas) return canvas.error();
    Panels panels(width, height, std::move(*canvas));
    for (std::size_t i = 0; i < captions.size(); i++) {
      panels.canvas_->write(captions[i], {panels.left(i), kCaption - 8.0}, {kInk, 14});
    }
    return panels;
  }

  void paste(std::size_t panel, const Image& image) {
    canvas_->paste(image, static_cast<int>(left(panel)), kCaption);
  }
  void fill(const Color& color) {
    for (std::size_t i = 0; i < 3; i++) {
      canvas_->fill({left(i), kCaption, double(width_), double(height_)}, color, 1);
    }
  }
  // An end outside the panel is drawn at its border.
  void draw(std::size_t panel, const Match& match, const Color& color) {
    const auto place = [&](double x, double y) {
      return Place{left(panel) + std::clamp(x, 0., width_ - 1.),
                   kCaption + std::clamp(y, 0., height_ - 1.)};
    };
    const Place start = place(match.x0, match.y0);
    canvas_->draw({start, place(match.x1, match.y1)}, {color});
    canvas_->fill({start.x - 1, start.y - 1, 3, 3}, color, 1);
  }
  const Image& image() const { return canvas_->image(); }

 private:
  Panels(int width, int height, std::unique_ptr<ImageCanvas> canvas)
      : width_(width), height_(height), canvas_(std::move(canvas)) {}
  double left(std::size_t panel) const {
    return kMargin + static_cast<double>(panel) * (width_ + kMargin);
  }

  int width_, height_;
  std::unique_ptr<ImageCanvas> canvas_;
};

FlowFile difference(const FlowFile& a, const FlowFile& b) {
  FlowFile flow = a;
  for (std::size_t i = 0; i < flow.vectors.size(); i++) flow.vectors[i] -= b.vectors[i];
  for (std::size_t i = 0; i < flow.vectors.size(); i += 2) {
    const bool is_known = FlowVector{a.vectors[i], a.vectors[i + 1]}.is_known() &&
                          FlowVector{b.vectors[i], b.vectors[i + 1]}.is_known();
    if (!is_known) flow.vectors[i] = flow.vectors[i + 1] = NAN;
  }
  return flow;
}

Result<Image> draw_flow(const ComparedFrame& frame) {
  const auto reference = read_flow_array(frame.reference);
  if (!reference) return reference.error();
  const auto other = read_flow_array(frame.other);
  if (!other) return other.error();
  const FlowFile error = difference(*other, *reference);
  FlowColoring colors, error_colors;
  colors.max_magnitude = std::max(robust_magnitude(reference->view()), 1.F);
  error_colors.max_magnitude = std::max(robust_magnitude(error.view()), 0.1F);
  auto panels =
      Panels::create(reference->width, reference->height,
                     {format("REF, full colour: %.1f px", colors.max_magnitude), "OTHER",
                      format("difference, full colour: %.1f px", error_colors.max_magnitude)});
  if (!panels) return panels.error();
  panels->paste(0, flow_image(reference->view(), colors));
  panels->paste(1, flow_image(other->view(), colors));
  panels->paste(2, flow_image(error.view(), error_colors));
  return panels->image();
}

// Of a board that shows the first points of all matches.
std::pair<int, int> size_of(const std::vector<Match>& a, const std::vector<Match>& b) {
  float x = 0, y = 0;
  for (const auto* matches : {&a, &b}) {
    for (const Match& match : *matches) {
      x = std::max(x, match.x0);
      y = std::max(y, match.y0);
    }
  }
  const auto side = [](float most) {
    return std::clamp(static_cast<int>(std::min(most, 1e6F)) + 8, 160, kMostSide);
  };
  return {side(x), side(y)};
}

template <typename ColorOf>
void draw_some(Panels& panels, std::size_t panel, const std::vector<Match>& matches,
               ColorOf color_of) {
  const std::size_t step = std::max<std::size_t>(1, matches.size() / kMostLines);
  for (std::size_t i = 0; i < matches.size(); i += step) {
    if (const std::optional<Color> color = color_of(i)) panels.draw(panel, matches[i], *color);
  }
}

// Those that agree with the geometry of the reference or do not, and those without a counterpart.
void draw_side(Panels& panels, std::size_t panel, const std::vector<Match>& matches,
               const std::optional<Homography>& homography) {
  draw_some(panels, panel, matches, [&](std::size_t i) -> std::optional<Color> {
    if (!homography) return kUnjudged;
    return agrees(matches[i], *homography) ? kRight : kWrong;
  });
}

void draw_rest(Panels& panels, const std::vector<Match>& matches, const std::vector<Match>& others,
               const Color& color) {
  const std::vector<bool> found = have_counterpart(matches, others);
  draw_some(panels, 2, matches, [&](std::size_t i) -> std::optional<Color> {
    return found[i] ? std::nullopt : std::optional(color);
  });
}

Result<Image> draw_matches(const ComparedFrame& frame) {
  const auto reference = read_match_array(frame.reference);
  if (!reference) return reference.error();
  const auto other = read_match_array(frame.other);
  if (!other) return other.error();
  const auto vision = load_vision();
  if (!vision) return vision.error();
  const auto homography = estimate_homography(**vision, *reference);
  if (!homography) return homography.error();
  const auto [width, height] = size_of(*reference, *other);
  auto panels = Panels::create(width, height, {"REF", "OTHER", "only REF: blue, OTHER: orange"});
  if (!panels) return panels.error();
  panels->fill(kBoard);
  draw_side(*panels, 0, *reference, *homography);
  draw_side(*panels, 1, *other, *homography);
  draw_rest(*panels, *reference, *other, kOnlyReference);
  draw_rest(*panels, *other, *reference, kOnlyOther);
  return panels->image();
}

}  // namespace

Result<std::vector<std::string>> write_difference_images(
    const std::string& directory, const std::vector<StageComparison>& stages) {
  std::vector<std::string> paths;
  for (const StageComparison& stage : stages) {
    for (const ComparedFrame& frame : stage.worst) {
      const auto image = stage.name == "flow" ? draw_flow(frame) : draw_matches(frame);
      if (!image) return image.error();
      const std::string name = stage.name + "-" + frame.frame + ".png";
      paths.push_back((std::filesystem::path(directory) / name).string());
      if (auto written = write_png(paths.back(), *image); !written) return written.error();
    }
  }
  return paths;
}

}  // namespace gsttorch
