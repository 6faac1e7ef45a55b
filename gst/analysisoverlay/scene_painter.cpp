// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/analysisoverlay/scene_painter.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>

#include <opencv2/imgproc.hpp>

#include "gst/analysisoverlay/label.h"
#include "lib/gst/gsttorchscenemeta.h"
#include "lib/gst/util/enum_nick.h"

namespace gsttorch {
namespace {

constexpr std::size_t kMostScores = 4096;  // as wide as the widest strip
constexpr int kLeastStrip = 8;             // pixels

// Of the first scenedetect that the settings let through; with its boundary, if one is known.
std::optional<GstTorchScene> find_scene(GstBuffer* buffer, const OverlaySettings& settings) {
  std::optional<GstTorchScene> found;
  gpointer state = nullptr;
  while (GstCustomMeta* meta = gst_buffer_iterate_torch_scene_meta(buffer, &state)) {
    GstTorchScene scene;
    if (!gst_torch_scene_meta_read(meta, &scene)) continue;
    if (!settings.source.empty() && settings.source != scene.source) continue;
    const bool is_first = !found || g_strcmp0(found->source, scene.source) == 0;
    if (is_first && (!found || scene.boundary)) found = scene;
  }
  return found;
}

std::string label_of(const GstTorchScene& scene) {
  char text[96];
  if (scene.boundary) {
    std::snprintf(text, sizeof text, "shot %u: %s %.2f", scene.shot,
                  enum_nick(GST_TYPE_TORCH_SCENE_BOUNDARY, scene.boundary), scene.confidence);
  } else {
    std::snprintf(text, sizeof text, "shot %u", scene.shot);
  }
  return text;
}

}  // namespace

bool has_drawable_scene(GstBuffer* buffer, const OverlaySettings& settings) {
  return settings.scenes && find_scene(buffer, settings).has_value();
}

void ScenePainter::observe(GstBuffer* buffer, const OverlaySettings& settings) {
  if (!settings.scenes) return;
  const auto scene = find_scene(buffer, settings);
  if (!scene || scene->skipped) return;
  scores_.push_back({scene->score, scene->threshold, scene->boundary != 0});
  if (scores_.size() > kMostScores) scores_.pop_front();
}

void ScenePainter::draw(GstBuffer* buffer, const OverlaySettings& settings,
                        const Canvas& canvas) const {
  if (!settings.scenes) return;
  const auto scene = find_scene(buffer, settings);
  if (!scene) return;
  draw_strip(canvas);
  draw_label(label_of(*scene), 0, canvas);
}

void ScenePainter::draw_strip(const Canvas& canvas) const {
  const int width = canvas.pixels.cols;
  const int height = std::max(kLeastStrip, canvas.pixels.rows / 8);
  const int bottom = canvas.pixels.rows - 1;
  const auto row_of = [&](double value) {
    return bottom - static_cast<int>(std::lround(std::clamp(value, 0., 1.) * (height - 1)));
  };
  const auto count = std::min(scores_.size(), static_cast<std::size_t>(width));
  cv::Mat pixels = canvas.pixels;
  for (std::size_t i = 0; i < count; i++) {
    const Score& score = scores_[scores_.size() - count + i];
    const int x = width - static_cast<int>(count) + static_cast<int>(i);
    cv::line(pixels, {x, bottom}, {x, bottom - height + 1},
             score.is_boundary ? color(canvas, 192, 0, 0) : color(canvas, 0, 0, 0));
    cv::line(pixels, {x, bottom}, {x, row_of(score.value)}, color(canvas, 255, 255, 255));
    cv::line(pixels, {x, row_of(score.threshold)}, {x, row_of(score.threshold)},
             color(canvas, 255, 192, 0));
  }
}

}  // namespace gsttorch
