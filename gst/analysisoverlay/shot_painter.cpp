// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/analysisoverlay/shot_painter.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>

#include <opencv2/imgproc.hpp>

#include "gst/analysisoverlay/label.h"
#include "lib/gst/gsttorchshotmeta.h"
#include "lib/gst/util/enum_nick.h"

namespace gsttorch {
namespace {

constexpr std::size_t kMostScores = 4096;  // as wide as the widest strip
constexpr int kLeastStrip = 8;             // pixels

// Returns the result of the first scenedetect that the settings select, with its boundary if it has
// one.
std::optional<GstTorchShot> find_shot(GstBuffer* buffer, const OverlaySettings& settings) {
  std::optional<GstTorchShot> found;
  gpointer state = nullptr;
  while (GstCustomMeta* meta = gst_buffer_iterate_torch_shot_meta(buffer, &state)) {
    GstTorchShot shot;
    if (!gst_torch_shot_meta_read(meta, &shot)) continue;
    if (!settings.source.empty() && settings.source != shot.source) continue;
    const bool is_first = !found || g_strcmp0(found->source, shot.source) == 0;
    if (is_first && (!found || shot.boundary)) found = shot;
  }
  return found;
}

// Shots are counted from 1, as in lists of shots.
std::string label_of(const GstTorchShot& shot) {
  char text[96];
  if (shot.boundary) {
    std::snprintf(text, sizeof text, "shot %u: %s %.2f", shot.shot + 1,
                  enum_nick(GST_TYPE_TORCH_SHOT_BOUNDARY, shot.boundary), shot.confidence);
  } else {
    std::snprintf(text, sizeof text, "shot %u", shot.shot + 1);
  }
  return text;
}

}  // namespace

bool has_drawable_shot(GstBuffer* buffer, const OverlaySettings& settings) {
  return settings.shots && find_shot(buffer, settings).has_value();
}

void ShotPainter::observe(GstBuffer* buffer, const OverlaySettings& settings) {
  if (!settings.shots) return;
  const auto shot = find_shot(buffer, settings);
  if (!shot || shot->skipped) return;
  scores_.push_back({shot->score, shot->threshold, shot->boundary != 0});
  if (scores_.size() > kMostScores) scores_.pop_front();
}

void ShotPainter::draw(GstBuffer* buffer, const OverlaySettings& settings,
                       const Canvas& canvas) const {
  if (!settings.shots) return;
  const auto shot = find_shot(buffer, settings);
  if (!shot) return;
  draw_strip(canvas);
  draw_label(label_of(*shot), 0, canvas);
}

void ShotPainter::draw_strip(const Canvas& canvas) const {
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
