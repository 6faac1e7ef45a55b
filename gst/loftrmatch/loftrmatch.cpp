// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/loftrmatch/loftrmatch.h"

#include <algorithm>
#include <utility>

#include "lib/core/manifest.h"
#include "lib/core/weights_file.h"
#include "lib/gst/gsttorchmatchmeta.h"
#include "lib/gst/message.h"
#include "lib/gst/picture_file.h"
#include "lib/gst/ref.h"

GST_DEBUG_CATEGORY_EXTERN(gst_loftr_match_debug);
#define GST_CAT_DEFAULT gst_loftr_match_debug

namespace gsttorch {
namespace {

constexpr char kOfficialModel[] = "loftr-outdoor";
constexpr char kBundledModel[] = "loftr-lite";
constexpr char kFirstFrame[] = "first-frame";
constexpr char kMemoryLimit[] = "memory-limit";
constexpr char kSceneMeta[] = "GstTorchSceneMeta";  // its fields are read as anyone may

// The official net where somebody fetched it.
Result<std::string> weights_of(const std::string& model) {
  if (model != "auto") return resolve_weights(model);
  const auto official = resolve_weights(kOfficialModel);
  return official ? official : resolve_weights(kBundledModel);
}

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

const char* verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::Static:
      return "static";
    case Verdict::Moved:
      return "moved";
    case Verdict::Lost:
      return "lost";
  }
  return nullptr;
}

// Whether an element before this one found that a shot begins here.
bool begins_shot(GstBuffer* buffer) {
  gpointer state = nullptr;
  while (GstMeta* meta = gst_buffer_iterate_meta(buffer, &state)) {
    if (!gst_meta_info_is_custom(meta->info)) continue;
    auto* custom = reinterpret_cast<GstCustomMeta*>(meta);
    if (!gst_custom_meta_has_name(custom, kSceneMeta)) continue;
    const gchar* boundary =
        gst_structure_get_string(gst_custom_meta_get_structure(custom), "boundary");
    if (boundary && g_strcmp0(boundary, "none") != 0) return true;
  }
  return false;
}

double mean_confidence(const std::vector<Match>& matches) {
  double sum = 0;
  for (const Match& match : matches) sum += match.confidence;
  return matches.empty() ? 0 : sum / static_cast<double>(matches.size());
}

// float32 [M, 6]: x0, y0, x1, y1, confidence, inlier.
Ref<GstBuffer> as_buffer(const std::vector<Match>& matches, const std::optional<Geometry>& g) {
  const gsize size = matches.size() * GST_TORCH_MATCH_COLUMNS * sizeof(float);
  auto* rows = static_cast<float*>(g_malloc(std::max<gsize>(size, 1)));
  float* to = rows;
  for (std::size_t i = 0; i < matches.size(); i++) {
    const Match& m = matches[i];
    for (const float value : {m.x0, m.y0, m.x1, m.y1, m.confidence}) *to++ = value;
    *to++ = !g || g->inliers[i] ? 1.f : 0.f;
  }
  return Ref<GstBuffer>::adopt(gst_buffer_new_wrapped(rows, size));
}

}  // namespace

LoftrMatchSettings LoftrMatch::settings() const {
  const std::lock_guard lock(mutex_);
  return settings_;
}

Result<void> LoftrMatch::start() {
  const AnalyzerSettings wanted = host_.settings();
  const LoftrMatchSettings mine = settings();
  const auto path = weights_of(wanted.model);
  if (!path) return path.error();
  if (auto checked = check_weights_file(*path); !checked) return checked;
  if (mine.mode == MatchMode::Reference) {
    if (const auto files = reference_files(mine.reference_location); !files) return files.error();
  }
  model_.start(wanted.model, [this, path = *path, device = wanted.device](std::stop_token stop) {
    return host_.models().match_model(path, device, std::move(stop));
  });
  return {};
}

Result<std::string> LoftrMatch::wait_until_ready(std::stop_token stop) {
  auto model = model_.wait(std::move(stop));
  if (!model) return model.error();
  net_ = *model;
  const MatchModelInfo& info = net_->info();
  GST_INFO_OBJECT(host_.element(), "%s (%s) on %s, there after %.0f ms", info.architecture.c_str(),
                  info.path.c_str(), info.device.c_str(), model_.load_ms());
  return info.device;
}

void LoftrMatch::stop() {
  reset();
  references_ = References();
  demand_ = {};
  net_.reset();
  model_.stop();
  pairs_ = matches_ = frame_encodes_ = reference_encodes_ = 0;
  const std::lock_guard lock(mutex_);
  feature_counts_ = {};
}

// How the work fits into the memory there is. Less than asked for is told once.
Result<void> LoftrMatch::plan(const GstVideoInfo& info, const LoftrMatchSettings& settings) {
  const AnalyzerSettings common = host_.settings();
  Demand demand{GST_VIDEO_INFO_WIDTH(&info), GST_VIDEO_INFO_HEIGHT(&info), common.batch_size,
                settings.distance(),         common.memory_limit,          settings.options};
  if (demand == demand_) return {};
  auto plan =
      plan_match({demand.width, demand.height, static_cast<int>(demand.pairs),
                  static_cast<int>(demand.distance), demand.options, host_.available_memory()},
                 *net_);
  if (!plan) return plan.error();
  plan_ = std::move(plan).value();
  demand_ = std::move(demand);
  if (!plan_.degraded.empty()) {
    GST_ELEMENT_WARNING(host_.element(), RESOURCE, NO_SPACE_LEFT,
                        ("Within the memory limit: %s", plan_.degraded.c_str()), (nullptr));
  }
  return {};
}

// Frames before a break, or of other settings, are no partners.
void LoftrMatch::begin_frame(const AnalyzedFrame& frame, const LoftrMatchSettings& settings) {
  const int max_size = plan_.options.max_size;
  const bool other_settings = state_.max_size != max_size || state_.mode != settings.mode ||
                              state_.distance != settings.distance();
  if (frame.begins_anew || other_settings || frame.is_skipped(kSkippedReverse)) {
    GST_DEBUG_OBJECT(host_.element(), "begins anew at %" GST_TIME_FORMAT,
                     GST_TIME_ARGS(frame.pts()));
    state_ = State();
  }
  state_.max_size = max_size;
  state_.mode = settings.mode;
  state_.distance = settings.distance();
  state_.features.set_budget(host_.settings().memory_limit);
  if (settings.mode == MatchMode::ShotStart && begins_shot(frame.buffer.get())) {
    state_.features.clear();
    state_.seen.clear();
  }
  if (settings.mode == MatchMode::ShotStart) return;  // the oldest is the one
  while (state_.seen.size() > 1 && state_.seen[1].index + settings.distance() <= frame.index) {
    state_.features.erase(state_.seen.front().index);
    state_.seen.pop_front();
  }
}

// A frame without a result of its own may still be the other one of a later frame.
bool LoftrMatch::will_be_asked_for(const AnalyzedFrame& frame,
                                   const LoftrMatchSettings& settings) const {
  if (settings.mode == MatchMode::Reference) return false;
  if (settings.mode == MatchMode::ShotStart) return state_.seen.empty();
  return (frame.index + settings.distance()) % host_.settings().inference_interval == 0;
}

Result<LoftrMatch::Features> LoftrMatch::encode(const AnalyzedFrame& frame,
                                                const LoftrMatchSettings& settings) {
  auto features = net_->encode(*frame.image, plan_.options);
  if (!features) return features.error();
  frame_encodes_++;
  const bool is_kept = settings.mode == MatchMode::ShotStart
                           ? state_.seen.empty()
                           : settings.mode != MatchMode::Reference;
  if (!is_kept) return features;
  state_.seen.push_back({frame.index, frame.pts()});
  state_.features.put(frame.index, *features, (*features)->bytes());
  return features;
}

Result<void> LoftrMatch::pair_with_earlier(const AnalyzedFrame& frame,
                                           const LoftrMatchSettings& settings,
                                           const Features& features, Found& found,
                                           std::vector<Pair>& pairs) {
  const Seen earlier = state_.seen.front();
  const bool is_old_enough = settings.mode == MatchMode::ShotStart
                                 ? earlier.index < frame.index
                                 : earlier.index + settings.distance() <= frame.index;
  if (!is_old_enough) {
    found.skipped = kFirstFrame;
    return {};
  }
  Features first = state_.features.find(earlier.index);
  if (!first) {
    found.skipped = kMemoryLimit;
    return {};
  }
  One one;
  one.reference.width = GST_VIDEO_INFO_WIDTH(&frame.info);
  one.reference.height = GST_VIDEO_INFO_HEIGHT(&frame.info);
  one.reference_pts = earlier.pts;
  found.all.push_back(std::move(one));
  pairs.push_back({{std::move(first), features}, &found, 0});
  return {};
}

// The files that the property stands for now.
Result<void> LoftrMatch::find_references(const LoftrMatchSettings& settings) {
  if (references_.max_size != plan_.options.max_size) references_ = References();
  if (references_.location == settings.reference_location && !references_.pictures.empty()) {
    return {};
  }
  auto files = reference_files(settings.reference_location);
  if (!files) return files.error();
  references_.location = settings.reference_location;
  references_.max_size = plan_.options.max_size;
  references_.pictures.clear();
  for (const std::string& file : *files) references_.pictures.push_back({file, 0, 0});
  return {};
}

Result<LoftrMatch::Features> LoftrMatch::encode_reference(Reference& reference) {
  if (Features features = references_.features.find(reference.path)) {
    if (reference.width > 0) return features;
  }
  const auto picture = read_reference_picture(reference.path);
  if (!picture) return picture.error();
  SingleUseImage image(picture->view());
  auto features = net_->encode(image, plan_.options);
  if (!features) return features.error();
  reference_encodes_++;
  reference.width = static_cast<guint>(picture->width);
  reference.height = static_cast<guint>(picture->height);
  references_.features.set_budget(host_.settings().memory_limit);
  references_.features.put(reference.path, *features, (*features)->bytes());
  return features;
}

Result<void> LoftrMatch::pair_with_references(const LoftrMatchSettings& settings,
                                              const Features& features, Found& found,
                                              std::vector<Pair>& pairs) {
  if (auto there = find_references(settings); !there) return there;
  for (Reference& reference : references_.pictures) {
    auto first = encode_reference(reference);
    if (!first) return first.error();
    One one;
    one.reference = reference;
    found.all.push_back(std::move(one));
    pairs.push_back({{*first, features}, &found, found.all.size() - 1});
  }
  return {};
}

// Makes the frame's features, and the pairs that it is the second one of.
Result<void> LoftrMatch::look_at(AnalyzedFrame& frame, const LoftrMatchSettings& settings,
                                 std::vector<Pair>& pairs) {
  if (auto planned = plan(frame.info, settings); !planned) return planned;
  begin_frame(frame, settings);
  auto finding = std::make_unique<Found>();
  Found& found = *finding;
  frame.finding = std::move(finding);
  found.skipped = frame.skipped;
  found.kind = settings.geometry;
  const bool only_for_others =
      frame.is_skipped(kSkippedInterval) && will_be_asked_for(frame, settings);
  if (frame.skipped && !only_for_others) return {};
  const auto features = encode(frame, settings);
  if (!features) return features.error();
  if (frame.skipped) return {};
  return settings.mode == MatchMode::Reference
             ? pair_with_references(settings, *features, found, pairs)
             : pair_with_earlier(frame, settings, *features, found, pairs);
}

// In batches as large as memory allows.
Result<void> LoftrMatch::compute(std::span<Pair> pairs, const std::stop_token& stop) {
  while (!pairs.empty()) {
    const auto batch = pairs.first(std::min(static_cast<std::size_t>(plan_.pairs), pairs.size()));
    std::vector<MatchPair> frames;
    for (const Pair& pair : batch) frames.push_back(pair.frames);
    auto results = net_->match(frames, plan_.options, stop);
    if (!results) return results.error();
    for (std::size_t i = 0; i < batch.size(); i++) {
      std::vector<Match>& matches = batch[i].found->all[batch[i].index].matches;
      matches = std::move((*results)[i].matches);
      matches_ += matches.size();
    }
    pairs_ += batch.size();
    pairs = pairs.subspan(batch.size());
  }
  return {};
}

Result<void> LoftrMatch::check_geometry(std::span<Pair> pairs, const LoftrMatchSettings& settings) {
  if (settings.geometry == GeometryKind::None) return {};
  const auto vision = load_vision();
  if (!vision) return vision.error();
  GeometryOptions options;
  options.kind = settings.geometry;
  options.refine = settings.refine;
  for (Pair& pair : pairs) {
    One& one = pair.found->all[pair.index];
    auto geometry = (*vision)->estimate(one.matches, options);
    if (!geometry) return geometry.error();
    one.geometry = std::move(*geometry);
  }
  return {};
}

Result<void> LoftrMatch::analyze(std::span<AnalyzedFrame> frames, std::stop_token stop) {
  const LoftrMatchSettings settings = this->settings();
  std::vector<Pair> pairs;
  for (AnalyzedFrame& frame : frames) {
    if (stop.stop_requested()) return Error{ErrorCode::Cancelled, "cancelled"};
    if (auto done = look_at(frame, settings, pairs); !done) return done;
  }
  {
    const std::lock_guard lock(mutex_);
    feature_counts_ = state_.features.counts();
  }
  if (auto done = compute(pairs, stop); !done) return done;
  return check_geometry(pairs, settings);
}

void LoftrMatch::publish(AnalyzedFrame& frame) {
  const auto& found = static_cast<const Found&>(*frame.finding);
  const AnalyzerSettings settings = host_.settings();
  if (settings.attach != GST_TORCH_ATTACH_NONE) {
    if (found.all.empty()) attach(frame, found, nullptr);
    for (const One& one : found.all) attach(frame, found, &one);
  }
  if (!settings.post_messages) return;
  for (const One& one : found.all) post(frame, found, one);
}

void LoftrMatch::attach(AnalyzedFrame& frame, const Found& found, const One* one) const {
  GstTorchMatch meta = {};
  meta.width = GST_VIDEO_INFO_WIDTH(&frame.info);
  meta.height = GST_VIDEO_INFO_HEIGHT(&frame.info);
  meta.reference_pts = GST_CLOCK_TIME_NONE;
  meta.dt = GST_CLOCK_STIME_NONE;
  meta.source = GST_OBJECT_NAME(host_.element());
  meta.model = net_->info().architecture.c_str();
  meta.skipped = found.skipped;
  Ref<GstBuffer> rows;
  if (one) {
    meta.reference_width = one->reference.width;
    meta.reference_height = one->reference.height;
    meta.reference_pts = one->reference_pts;
    if (!one->reference.path.empty()) meta.reference = one->reference.path.c_str();
    if (GST_CLOCK_TIME_IS_VALID(meta.reference_pts) && GST_CLOCK_TIME_IS_VALID(frame.pts())) {
      meta.dt = GST_CLOCK_DIFF(meta.reference_pts, frame.pts());
    }
    meta.count = static_cast<guint>(one->matches.size());
    meta.mean_confidence = mean_confidence(one->matches);
    if (host_.settings().attach == GST_TORCH_ATTACH_FULL) {
      rows = as_buffer(one->matches, one->geometry);
    }
  }
  if (one && one->geometry) {
    const Geometry& geometry = *one->geometry;
    meta.geometry = geometry_name(found.kind);
    meta.verdict = verdict_name(geometry.verdict);
    meta.inliers = static_cast<guint>(geometry.inlier_count);
    meta.residual = geometry.residual_px;
    meta.has_matrix = geometry.matrix.has_value();
    if (geometry.matrix) std::copy(geometry.matrix->begin(), geometry.matrix->end(), meta.matrix);
  }
  meta.matches = rows.get();
  gst_buffer_add_torch_match_meta(frame.buffer.get(), &meta);
}

void LoftrMatch::post(const AnalyzedFrame& frame, const Found& found, const One& one) const {
  GstStructure* s = new_timed_structure("loftrmatch", frame.segment, frame.buffer.get());
  gst_structure_set(s, "reference-timestamp", G_TYPE_UINT64, one.reference_pts, "count",
                    G_TYPE_UINT, static_cast<guint>(one.matches.size()), "mean-confidence",
                    G_TYPE_DOUBLE, mean_confidence(one.matches), nullptr);
  if (!one.reference.path.empty()) {
    gst_structure_set(s, "reference", G_TYPE_STRING, one.reference.path.c_str(), nullptr);
  }
  if (one.geometry) {
    gst_structure_set(s, "geometry", G_TYPE_STRING, geometry_name(found.kind), "verdict",
                      G_TYPE_STRING, verdict_name(one.geometry->verdict), "inliers", G_TYPE_UINT,
                      static_cast<guint>(one.geometry->inlier_count), "residual", G_TYPE_DOUBLE,
                      one.geometry->residual_px, nullptr);
  }
  GstElement* element = host_.element();
  gst_element_post_message(element, gst_message_new_element(GST_OBJECT(element), s));
}

void LoftrMatch::add_stats(GstStructure* stats) const {
  gst_structure_set(stats, "pairs", G_TYPE_UINT64, pairs_.load(), "matches", G_TYPE_UINT64,
                    matches_.load(), "frame-encodes", G_TYPE_UINT64, frame_encodes_.load(),
                    "reference-encodes", G_TYPE_UINT64, reference_encodes_.load(), nullptr);
  if (const auto model = model_.get()) {
    const MatchModelInfo& info = model->info();
    gst_structure_set(stats, "model", G_TYPE_STRING, info.architecture.c_str(), "model-path",
                      G_TYPE_STRING, info.path.c_str(), "device", G_TYPE_STRING,
                      info.device.c_str(), "load-ms", G_TYPE_DOUBLE, model_.load_ms(), nullptr);
  }
  const std::lock_guard lock(mutex_);
  gst_structure_set(stats, "feature-hits", G_TYPE_UINT64, feature_counts_.hits, "feature-misses",
                    G_TYPE_UINT64, feature_counts_.misses, "feature-evictions", G_TYPE_UINT64,
                    feature_counts_.evictions, "feature-bytes", G_TYPE_UINT64,
                    static_cast<guint64>(feature_counts_.bytes), nullptr);
}

}  // namespace gsttorch
