// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/loftrmatch/loftrmatch.h"

#include <algorithm>
#include <utility>

#include "lib/core/manifest.h"
#include "lib/core/weights_file.h"
#include "lib/gst/picture_file.h"

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
  if (model != "auto") return find_weights(model);
  return find_weights(resolve_weights(kOfficialModel) ? kOfficialModel : kBundledModel);
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
  if (mine.mode == MatchMode::Reference) {
    if (const auto files = reference_files(mine.reference_location); !files) return files.error();
  }
  is_adaptive_ = mine.adaptive;
  if (mine.adaptive) {
    if (auto started = start_initial_model(mine, *path, wanted.device); !started) return started;
  }
  model_.start(wanted.model, [this, path = *path, device = wanted.device](std::stop_token stop) {
    return host_.models().match_model(path, device, std::move(stop));
  });
  return {};
}

// Another net than the one for the full pass; or none, where both are the same.
Result<void> LoftrMatch::start_initial_model(const LoftrMatchSettings& settings,
                                             const std::string& full_path,
                                             const std::string& device) {
  const bool is_auto = settings.initial_model == "auto" || settings.initial_model.empty();
  const std::string name = is_auto ? kBundledModel : settings.initial_model;
  const auto path = find_weights(name);
  if (!path) return Error{path.error().code, "initial-model: " + path.error().message};
  has_other_initial_ = *path != full_path;
  if (!has_other_initial_) return {};
  initial_model_.start(name, [this, path = *path, device](std::stop_token stop) {
    return host_.models().match_model(path, device, std::move(stop));
  });
  return {};
}

Result<std::string> LoftrMatch::wait_until_ready(std::stop_token stop) {
  auto model = model_.wait(stop);
  if (!model) return model.error();
  net_ = initial_net_ = *model;
  if (has_other_initial_) {
    auto initial = initial_model_.wait(std::move(stop));
    if (!initial) return initial.error();
    initial_net_ = *initial;
  }
  GST_INFO_OBJECT(host_.element(), "%s", model_.description().c_str());
  return net_->info().device;
}

void LoftrMatch::stop() {
  reset();
  references_ = References();
  plan_ = {};
  net_.reset();
  initial_net_.reset();
  model_.stop();
  initial_model_.stop();
  is_adaptive_ = false;
  has_other_initial_ = false;
  const std::lock_guard lock(mutex_);
  counts_ = {};
}

MatchWorkspace LoftrMatch::workspace(int width, int height, int pairs,
                                     const MatchOptions& options) const {
  return is_adaptive_ ? adaptive_workspace(nets(), width, height, pairs, options)
                      : net_->workspace(width, height, pairs, options);
}

Result<void> LoftrMatch::plan(const GstVideoInfo& info, const LoftrMatchSettings& settings) {
  const MatchDemand demand{GST_VIDEO_INFO_WIDTH(&info), GST_VIDEO_INFO_HEIGHT(&info),
                           static_cast<int>(host_.settings().batch_size),
                           static_cast<int>(settings.distance()), settings.options};
  const auto workspace = [this](int width, int height, int pairs, const MatchOptions& options) {
    return this->workspace(width, height, pairs, options);
  };
  return plan_.update(host_, demand, [&workspace](const MatchDemand& within) {
    return plan_match(within, workspace);
  });
}

// Frames before a break, or of other settings, are no partners.
void LoftrMatch::begin_frame(const AnalyzedFrame& frame, const LoftrMatchSettings& settings) {
  const int max_size = plan_->options.max_size;
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
  state_.pictures.set_budget(host_.settings().memory_limit);
  if (settings.mode == MatchMode::ShotStart && begins_shot(frame.buffer.get())) {
    state_.pictures.clear();
    state_.seen.clear();
  }
  if (settings.mode == MatchMode::ShotStart) return;  // the oldest is the one
  while (state_.seen.size() > 1 && state_.seen[1].index + settings.distance() <= frame.index) {
    state_.pictures.erase(state_.seen.front().index);
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

// Features of the whole picture, after which its pixels are not needed; the light pass makes its
// own, and what else is needed is known only then. How often the net ran.
Result<std::uint64_t> LoftrMatch::prepare(MatchPicture& picture) {
  std::uint64_t encodes = 0;
  if (is_adaptive_) return encodes;
  const auto features = picture.features(*net_, plan_->options, picture.whole(), encodes);
  if (!features) return features.error();
  picture.drop_pixels();
  return encodes;
}

Result<LoftrMatch::Picture> LoftrMatch::take_picture(const AnalyzedFrame& frame,
                                                     const LoftrMatchSettings& settings) {
  auto picture = std::make_shared<MatchPicture>(frame.image);
  const auto encodes = prepare(*picture);
  if (!encodes) return encodes.error();
  {
    const std::lock_guard lock(mutex_);
    counts_.frame_encodes += *encodes;
  }
  const bool is_kept = settings.mode == MatchMode::ShotStart
                           ? state_.seen.empty()
                           : settings.mode != MatchMode::Reference;
  if (!is_kept) return picture;
  state_.seen.push_back({frame.index, frame.pts()});
  state_.pictures.put(frame.index, picture, picture->bytes());
  state_.fresh.push_back(picture);
  return picture;
}

Result<void> LoftrMatch::pair_with_earlier(const AnalyzedFrame& frame,
                                           const LoftrMatchSettings& settings,
                                           const Picture& picture, Found& found,
                                           std::vector<Pair>& pairs) {
  const Seen earlier = state_.seen.front();
  const bool is_old_enough = settings.mode == MatchMode::ShotStart
                                 ? earlier.index < frame.index
                                 : earlier.index + settings.distance() <= frame.index;
  if (!is_old_enough) {
    found.skipped = kFirstFrame;
    return {};
  }
  Picture first = state_.pictures.find(earlier.index);
  if (!first) {
    found.skipped = kMemoryLimit;
    return {};
  }
  One one;
  one.reference.width = GST_VIDEO_INFO_WIDTH(&frame.info);
  one.reference.height = GST_VIDEO_INFO_HEIGHT(&frame.info);
  one.reference_pts = earlier.pts;
  found.all.push_back(std::move(one));
  pairs.push_back({std::move(first), picture, &found, 0});
  return {};
}

// The files that the property stands for now.
Result<void> LoftrMatch::find_references(const LoftrMatchSettings& settings) {
  if (references_.max_size != plan_->options.max_size) references_ = References();
  if (references_.location == settings.reference_location && !references_.files.empty()) {
    return {};
  }
  auto files = reference_files(settings.reference_location);
  if (!files) return files.error();
  references_.location = settings.reference_location;
  references_.max_size = plan_->options.max_size;
  references_.files.clear();
  for (const std::string& file : *files) references_.files.push_back({file, 0, 0});
  return {};
}

Result<LoftrMatch::Picture> LoftrMatch::reference_picture(Reference& reference) {
  if (Picture known = references_.pictures.find(reference.path)) {
    if (reference.width > 0) return known;
  }
  const auto file = read_reference_picture(reference.path);
  if (!file) return file.error();
  auto picture = std::make_shared<MatchPicture>(std::make_shared<SingleUseImage>(file->view()));
  const auto encodes = prepare(*picture);
  if (!encodes) return encodes.error();
  if (is_adaptive_) {
    if (auto kept = picture->copy_pixels(); !kept) return kept.error();
  }
  {
    const std::lock_guard lock(mutex_);
    counts_.reference_encodes += *encodes;
  }
  reference.width = static_cast<guint>(file->width);
  reference.height = static_cast<guint>(file->height);
  references_.pictures.set_budget(host_.settings().memory_limit);
  references_.pictures.put(reference.path, picture, picture->bytes());
  return picture;
}

Result<void> LoftrMatch::pair_with_references(const LoftrMatchSettings& settings,
                                              const Picture& picture, Found& found,
                                              std::vector<Pair>& pairs) {
  if (auto there = find_references(settings); !there) return there;
  for (Reference& reference : references_.files) {
    auto first = reference_picture(reference);
    if (!first) return first.error();
    One one;
    one.reference = reference;
    found.all.push_back(std::move(one));
    pairs.push_back({*first, picture, &found, found.all.size() - 1});
  }
  return {};
}

// Takes the frame, and makes the pairs that it is the second one of.
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
  const auto picture = take_picture(frame, settings);
  if (!picture) return picture.error();
  if (frame.skipped) return {};
  return settings.mode == MatchMode::Reference
             ? pair_with_references(settings, *picture, found, pairs)
             : pair_with_earlier(frame, settings, *picture, found, pairs);
}

// In batches as large as memory allows.
Result<void> LoftrMatch::compute_whole(std::span<Pair> pairs, const std::stop_token& stop) {
  const auto features = [this](MatchPicture& picture) {
    std::uint64_t encodes = 0;  // none: it was prepared
    return picture.features(*net_, plan_->options, picture.whole(), encodes);
  };
  while (!pairs.empty()) {
    const auto batch = pairs.first(std::min(static_cast<std::size_t>(plan_->pairs), pairs.size()));
    std::vector<MatchPair> frames;
    for (const Pair& pair : batch) {
      const auto first = features(*pair.first), second = features(*pair.second);
      if (!first) return first.error();
      if (!second) return second.error();
      frames.push_back({*first, *second});
    }
    auto results = net_->match(frames, plan_->options, stop);
    if (!results) return results.error();
    for (std::size_t i = 0; i < batch.size(); i++) {
      batch[i].one().matches = std::move((*results)[i].matches);
    }
    pairs = pairs.subspan(batch.size());
  }
  return {};
}

Result<void> LoftrMatch::compute_adaptively(std::span<Pair> pairs,
                                            const LoftrMatchSettings& settings,
                                            const std::stop_token& stop) {
  std::vector<AdaptivePair> pictures;
  for (const Pair& pair : pairs) pictures.push_back({pair.first.get(), pair.second.get()});
  AdaptiveEncodes encodes;
  auto results = match_adaptively(nets(), pictures, plan_->options,
                                  static_cast<std::size_t>(plan_->pairs), encodes, stop);
  if (!results) return results.error();
  for (std::size_t i = 0; i < pairs.size(); i++) {
    One& one = pairs[i].one();
    one.matches = std::move((*results)[i].matches);
    one.adaptive = std::move((*results)[i]);
  }
  const std::lock_guard lock(mutex_);
  counts_.initial_encodes += encodes.initial;
  counts_.frame_encodes += encodes.second;
  (settings.mode == MatchMode::Reference ? counts_.reference_encodes : counts_.frame_encodes) +=
      encodes.first;
  return {};
}

void LoftrMatch::count(std::span<const Pair> pairs) {
  const std::lock_guard lock(mutex_);
  counts_.features = state_.pictures.counts();
  counts_.pairs += pairs.size();
  for (const Pair& pair : pairs) {
    const One& one = pair.one();
    counts_.matches += one.matches.size();
    if (!one.adaptive) continue;
    counts_.full_passes += one.adaptive->passes > 1;
    counts_.still_pairs += one.adaptive->plan.overlap == Overlap::Still;
    counts_.disjoint_pairs += one.adaptive->plan.overlap == Overlap::None;
    counts_.partial_pairs += one.adaptive->plan.overlap == Overlap::Partial;
  }
}

// The frames go when they are analysed; what a later pair may want of them is copied.
Result<void> LoftrMatch::keep_pixels() {
  for (const Picture& picture : std::exchange(state_.fresh, {})) {
    if (!is_adaptive_) continue;
    if (auto kept = picture->copy_pixels(); !kept) return kept;
  }
  return {};
}

// Pictures take more when more was made of them.
void LoftrMatch::update_sizes() {
  const auto bytes_of = [](const Picture& picture) { return picture->bytes(); };
  state_.pictures.measure(bytes_of);
  references_.pictures.measure(bytes_of);
}

Result<void> LoftrMatch::check_geometry(std::span<Pair> pairs, const LoftrMatchSettings& settings) {
  if (settings.geometry == GeometryKind::None) return {};
  const auto vision = load_vision();
  if (!vision) return vision.error();
  GeometryOptions options;
  options.kind = settings.geometry;
  options.refine = settings.refine;
  for (Pair& pair : pairs) {
    One& one = pair.one();
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
  auto done = is_adaptive_ ? compute_adaptively(pairs, settings, stop) : compute_whole(pairs, stop);
  if (!done) return done;
  if (auto kept = keep_pixels(); !kept) return kept;
  update_sizes();
  count(pairs);
  return check_geometry(pairs, settings);
}

}  // namespace gsttorch
