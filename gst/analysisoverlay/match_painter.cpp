// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/analysisoverlay/match_painter.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <utility>

#include "gst/analysisoverlay/label.h"
#include "gst/analysisoverlay/match_drawing.h"
#include "lib/gst/gsttorchmatchmeta.h"
#include "lib/gst/mapped_matches.h"

namespace gsttorch {
namespace {

constexpr int kMostLabels = 6;

/// Calls `visit` with each result of the first element that the settings select.
template <typename Visit>
void for_each_result(GstBuffer* buffer, const OverlaySettings& settings, Visit&& visit) {
  if (settings.match_style == MatchStyle::None) return;
  std::optional<std::string> source;
  if (!settings.source.empty()) source = settings.source;
  gpointer state = nullptr;
  while (GstCustomMeta* meta = gst_buffer_iterate_torch_match_meta(buffer, &state)) {
    GstTorchMatch match;
    if (!gst_torch_match_meta_read(meta, &match) || match.skipped) continue;
    const std::string from = match.source ? match.source : "";
    if (!source) source = from;
    if (from == *source) visit(match);
  }
}

bool can_be_paired(const GstTorchMatch& match) {
  return match.matches && (match.reference || GST_CLOCK_TIME_IS_VALID(match.reference_pts));
}

guint agreement(const GstTorchMatch& match) { return match.geometry ? match.inliers : match.count; }

/// Of several reference images, returns the one that matches the frame best; on a tie the first.
/// Its strings belong to the meta.
std::optional<GstTorchMatch> best_pair(GstBuffer* buffer, const OverlaySettings& settings) {
  std::optional<GstTorchMatch> best;
  for_each_result(buffer, settings, [&best](const GstTorchMatch& match) {
    if (!can_be_paired(match)) return;
    if (!best || agreement(match) > agreement(*best)) best = match;
  });
  return best;
}

cv::Size size_of(guint width, guint height) {
  constexpr guint kMost = 1u << 20;  // the meta may come from any element
  return {static_cast<int>(std::min(width, kMost)), static_cast<int>(std::min(height, kMost))};
}

MatchView view_of(const GstTorchMatch& match, const MatchRows& rows) {
  MatchView view;
  view.rows = rows;
  view.frame = size_of(match.width, match.height);
  view.reference = size_of(match.reference_width, match.reference_height);
  if (match.has_matrix && g_strcmp0(match.geometry, "homography") == 0) {
    view.homography.emplace();
    std::copy_n(match.matrix, view.homography->size(), view.homography->begin());
  }
  return view;
}

/// "view.png: 312 matches, 280 inliers, moved"
std::string label_of(const GstTorchMatch& match) {
  std::string text;
  if (match.reference) text = std::filesystem::path(match.reference).filename().string() + ": ";
  text += std::to_string(match.count) + (match.count == 1 ? " match" : " matches");
  if (match.geometry) {
    text += ", " + std::to_string(match.inliers) + (match.inliers == 1 ? " inlier" : " inliers");
    if (match.verdict) text += std::string(", ") + match.verdict;
  } else if (match.count > 0) {
    char confidence[32];
    std::snprintf(confidence, sizeof confidence, ", confidence %.2f", match.mean_confidence);
    text += confidence;
  }
  return text;
}

}  // namespace

bool has_drawable_match(GstBuffer* buffer, const OverlaySettings& settings) {
  bool found = false;
  for_each_result(buffer, settings, [&](const GstTorchMatch&) { found = true; });
  return found;
}

PairedImage paired_image(GstBuffer* buffer, const OverlaySettings& settings) {
  PairedImage paired;
  const auto match = best_pair(buffer, settings);
  if (!match) return paired;
  paired.pts = match->reference_pts;
  if (match->reference) paired.file = match->reference;
  return paired;
}

void MatchPainter::draw(GstBuffer* buffer, const OverlaySettings& settings, const Canvas& canvas) {
  for_each_result(buffer, settings, [&](const GstTorchMatch& match) {
    if (match.matches) {
      const auto mapped = MappedMatches::create(match.matches, match.count);
      if (!mapped) return warn_once(mapped.error().message);
      draw_trails(view_of(match, mapped->rows()), settings.match_color, canvas);
    }
    if (settings.match_outline) draw_outline(view_of(match, {}), canvas);
  });
}

void MatchPainter::draw_pairs(GstBuffer* buffer, const OverlaySettings& settings,
                              const Canvas& canvas) {
  const auto match = best_pair(buffer, settings);
  if (!match) return;
  const auto mapped = MappedMatches::create(match->matches, match->count);
  if (!mapped) return warn_once(mapped.error().message);
  const MatchView view = view_of(*match, mapped->rows());
  if (settings.match_outline) draw_outline(view, canvas.part(0, canvas.pixels.cols / 2));
  gsttorch::draw_pairs(view, settings.match_color, canvas);
}

void MatchPainter::draw_labels(GstBuffer* buffer, const OverlaySettings& settings, int line,
                               const Canvas& canvas) {
  const int end = line + kMostLabels;
  for_each_result(buffer, settings, [&](const GstTorchMatch& match) {
    if (line < end) draw_label(label_of(match), line++, canvas);
  });
}

void MatchPainter::warn_once(const std::string& reason) {
  if (std::exchange(has_warned_, true)) return;
  GST_ELEMENT_WARNING(element_, STREAM, FORMAT, ("Cannot draw matches: %s.", reason.c_str()),
                      (nullptr));
}

}  // namespace gsttorch
