// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// What loftrmatch reports: metas, messages, stats.
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

#include "gst/loftrmatch/loftrmatch.h"
#include "lib/gst/gsttorchmatchmeta.h"
#include "lib/gst/tensor_buffer.h"
#include "lib/gst/util/message.h"
#include "lib/gst/util/ref.h"

namespace gsttorch {
namespace {

const char* geometry_name(GeometryKind kind) {
  switch (kind) {
    case GeometryKind::None:
      return nullptr;
    case GeometryKind::Homography:
      return "homography";
    case GeometryKind::Fundamental:
      return "fundamental";
  }
  return nullptr;
}

const char* overlap_name(Overlap overlap) {
  switch (overlap) {
    case Overlap::None:
      return "none";
    case Overlap::Unsure:
      return "unsure";
    case Overlap::Still:
      return "still";
    case Overlap::Partial:
      return "partial";
    case Overlap::Large:
      return "large";
  }
  return nullptr;
}

void write_region(const ImageRegion& region, guint* numbers) {
  const int values[] = {region.x, region.y, region.width, region.height};
  std::copy(std::begin(values), std::end(values), numbers);
}

double mean_confidence(const std::vector<Match>& matches) {
  double sum = 0;
  for (const Match& match : matches) sum += match.confidence;
  return matches.empty() ? 0 : sum / static_cast<double>(matches.size());
}

constexpr std::size_t kColumns = GST_TORCH_MATCH_COLUMNS;

// float32 [M, 6]: x0, y0, x1, y1, confidence, inlier.
Ref<GstBuffer> as_buffer(const std::vector<Match>& matches, const std::optional<Geometry>& g) {
  std::vector<float> rows;
  rows.reserve(matches.size() * kColumns);
  for (std::size_t i = 0; i < matches.size(); i++) {
    const Match& m = matches[i];
    const float inlier = !g || g->inliers[i] ? 1.f : 0.f;
    rows.insert(rows.end(), {m.x0, m.y0, m.x1, m.y1, m.confidence, inlier});
  }
  const auto count = static_cast<std::int64_t>(matches.size());
  return wrap_values(std::move(rows), {count, std::int64_t{kColumns}});
}

}  // namespace

void LoftrMatch::publish(AnalyzedFrame& frame) {
  const auto& found = published_result<FrameMatches>(frame);
  const AnalyzerSettings settings = host_.settings();
  if (settings.attach != GST_TORCH_ATTACH_NONE) {
    if (found.all.empty()) attach(frame, found, nullptr);
    for (const PairMatches& one : found.all) attach(frame, found, &one);
  }
  if (!settings.post_messages) return;
  for (const PairMatches& one : found.all) post(frame, found, one);
}

void LoftrMatch::attach(AnalyzedFrame& frame, const FrameMatches& found, const PairMatches* one) {
  GstTorchMatch meta = {};
  meta.width = GST_VIDEO_INFO_WIDTH(&frame.info);
  meta.height = GST_VIDEO_INFO_HEIGHT(&frame.info);
  meta.reference_pts = GST_CLOCK_TIME_NONE;
  meta.dt = GST_CLOCK_STIME_NONE;
  meta.source = GST_OBJECT_NAME(host_.element());
  const auto model = model_.get();  // null while frames pass before it is loaded
  meta.model = model ? model->info().architecture.c_str() : nullptr;
  meta.skipped = found.skipped;
  Ref<GstBuffer> rows;
  if (one) {
    meta.reference_width = one->reference_width;
    meta.reference_height = one->reference_height;
    meta.reference_pts = one->reference_pts;
    if (!one->reference.empty()) meta.reference = one->reference.c_str();
    if (GST_CLOCK_TIME_IS_VALID(meta.reference_pts) && GST_CLOCK_TIME_IS_VALID(frame.pts())) {
      meta.dt = GST_CLOCK_DIFF(meta.reference_pts, frame.pts());
    }
    meta.count = static_cast<guint>(one->matches.size());
    meta.mean_confidence = mean_confidence(one->matches);
    const std::size_t bytes = one->matches.size() * kColumns * sizeof(float);
    if (host_.settings().attach == GST_TORCH_ATTACH_FULL &&
        budget_.admits(host_.element(), bytes)) {
      rows = as_buffer(one->matches, one->geometry);
    }
  }
  if (one && one->adaptive) {
    const AdaptiveResult& adaptive = *one->adaptive;
    meta.passes = static_cast<guint>(adaptive.passes);
    meta.overlap = overlap_name(adaptive.plan.overlap);
    meta.working_size = static_cast<guint>(adaptive.size);
    write_region(adaptive.plan.first.region, meta.reference_region);
    write_region(adaptive.plan.second.region, meta.region);
  }
  if (one && one->geometry) {
    const Geometry& geometry = *one->geometry;
    meta.geometry = geometry_name(found.kind);
    meta.verdict = to_string(geometry.verdict);
    meta.inliers = static_cast<guint>(geometry.inlier_count);
    meta.residual = geometry.residual_px;
    meta.has_matrix = geometry.matrix.has_value();
    if (geometry.matrix) std::copy(geometry.matrix->begin(), geometry.matrix->end(), meta.matrix);
  }
  meta.matches = rows.get();
  gst_buffer_add_torch_match_meta(frame.buffer.get(), &meta);
}

void LoftrMatch::post(const AnalyzedFrame& frame, const FrameMatches& found,
                      const PairMatches& one) const {
  GstStructure* s = new_timed_structure("loftrmatch", frame.segment, frame.buffer.get());
  gst_structure_set(s, "reference-pts", G_TYPE_UINT64, one.reference_pts, "count", G_TYPE_UINT,
                    static_cast<guint>(one.matches.size()), "mean-confidence", G_TYPE_DOUBLE,
                    mean_confidence(one.matches), nullptr);
  if (!one.reference.empty()) {
    gst_structure_set(s, "reference", G_TYPE_STRING, one.reference.c_str(), nullptr);
  }
  if (one.geometry) {
    gst_structure_set(s, "geometry", G_TYPE_STRING, geometry_name(found.kind), "verdict",
                      G_TYPE_STRING, to_string(one.geometry->verdict), "inliers", G_TYPE_UINT,
                      static_cast<guint>(one.geometry->inlier_count), "residual", G_TYPE_DOUBLE,
                      one.geometry->residual_px, nullptr);
  }
  if (one.adaptive) {
    gst_structure_set(s, "passes", G_TYPE_UINT, static_cast<guint>(one.adaptive->passes), "overlap",
                      G_TYPE_STRING, overlap_name(one.adaptive->plan.overlap), "working-size",
                      G_TYPE_UINT, static_cast<guint>(one.adaptive->size), nullptr);
  }
  GstElement* element = host_.element();
  gst_element_post_message(element, gst_message_new_element(GST_OBJECT(element), s));
}

void LoftrMatch::add_stats(GstStructure* stats) const {
  const LoftrMatchSettings settings = this->settings();
  gst_structure_set(stats, "adaptive", G_TYPE_BOOLEAN, settings.adaptive, "token-pruning",
                    G_TYPE_DOUBLE, settings.options.token_pruning, nullptr);
  const auto coarse = coarse_model_.get();
  model_.add_stats(stats);
  if (const auto model = model_.get()) {
    const MatchModelInfo& info = model->info();
    gst_structure_set(stats, "model-path", G_TYPE_STRING, info.path.c_str(), nullptr);
    if (is_adaptive_) {
      gst_structure_set(stats, "coarse-model-path", G_TYPE_STRING,
                        coarse ? coarse->info().path.c_str() : info.path.c_str(), nullptr);
    }
  }
  const std::lock_guard lock(mutex_);
  const Counts& c = counts_;
  gst_structure_set(stats, "pairs", G_TYPE_UINT64, c.pairs, "matches", G_TYPE_UINT64, c.matches,
                    "frame-encodes", G_TYPE_UINT64, c.frame_encodes, "reference-encodes",
                    G_TYPE_UINT64, c.reference_encodes, "feature-hits", G_TYPE_UINT64,
                    static_cast<guint64>(c.features.hits), "feature-misses", G_TYPE_UINT64,
                    static_cast<guint64>(c.features.misses), "feature-evictions", G_TYPE_UINT64,
                    static_cast<guint64>(c.features.evictions), "feature-bytes", G_TYPE_UINT64,
                    static_cast<guint64>(c.features.bytes), nullptr);
  if (!is_adaptive_) return;
  gst_structure_set(stats, "coarse-encodes", G_TYPE_UINT64, c.coarse_encodes, "full-passes",
                    G_TYPE_UINT64, c.full_passes, "still-pairs", G_TYPE_UINT64, c.still_pairs,
                    "disjoint-pairs", G_TYPE_UINT64, c.disjoint_pairs, "partial-pairs",
                    G_TYPE_UINT64, c.partial_pairs, nullptr);
}

}  // namespace gsttorch
