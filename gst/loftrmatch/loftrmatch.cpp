// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/loftrmatch/loftrmatch.h"

#include <algorithm>
#include <memory>
#include <ranges>
#include <utility>

#include "lib/models/manifest.h"
#include "lib/models/weights_file.h"

GST_DEBUG_CATEGORY_EXTERN(gst_loftr_match_debug);
#define GST_CAT_DEFAULT gst_loftr_match_debug

namespace gsttorch {
namespace {

constexpr char kOfficialModel[] = "loftr-outdoor";
constexpr char kBundledModel[] = "loftr-lite";
constexpr char kFirstFrame[] = "first-frame";
constexpr char kMemoryLimit[] = "memory-limit";

// The official model if it was fetched.
Result<std::string> weights_of(const std::string& model) {
  if (model != "auto") return find_weights(model);
  return find_weights(resolve_weights(kOfficialModel) ? kOfficialModel : kBundledModel);
}

struct ReleaseReferences {
  References& references;
  ~ReleaseReferences() { references.release(); }
};

// model_pixel() of the second image, or of its region that the matches come from.
double model_pixel_of(const ImagePair& pair, const MatchOptions& options) {
  if (const auto& adaptive = pair.result().adaptive) {
    const ImageRegion& region = adaptive->plan.second.region;
    return model_pixel(region.width, region.height, adaptive->size);
  }
  return model_pixel(pair.second->width(), pair.second->height(), options.max_size);
}

}  // namespace

LoftrMatchSettings LoftrMatch::settings() const {
  const MatchPreset& preset = preset_of(kMatchPresets, host_.model_settings().quality);
  const std::lock_guard lock(mutex_);
  LoftrMatchSettings settings = settings_;
  settings.adaptive = settings.own.adaptive.value_or(preset.adaptive);
  settings.options.token_pruning = settings.own.token_pruning.value_or(preset.token_pruning);
  return settings;
}

Result<void> LoftrMatch::start() {
  budget_.restart();
  const ModelSettings wanted = host_.model_settings();
  const LoftrMatchSettings mine = settings();
  const auto path = weights_of(wanted.model);
  if (!path) return path.error();
  if (mine.mode == MatchMode::Reference) {  // the thread reads them while the model is loaded
    const auto there = references_.find(mine.reference_location, mine.options.max_size);
    if (!there) return there;
  }
  is_adaptive_ = mine.adaptive;
  if (mine.adaptive) {
    if (auto started = start_coarse_model(mine, wanted, *path); !started) return started;
  }
  model_.start(wanted.model, [this, options = wanted.model_options(*path)](std::stop_token stop) {
    return host_.models().match_model(options, std::move(stop));
  });
  return {};
}

// Starts the coarse pass's model if it differs from the full pass's; otherwise starts none.
Result<void> LoftrMatch::start_coarse_model(const LoftrMatchSettings& settings,
                                            const ModelSettings& common,
                                            const std::string& full_path) {
  const bool is_auto = settings.coarse_model == "auto" || settings.coarse_model.empty();
  const std::string name = is_auto ? kBundledModel : settings.coarse_model;
  const auto path = find_weights(name);
  if (!path) return Error{path.error().code, "coarse-model: " + path.error().message};
  has_own_coarse_model_ = *path != full_path;
  if (!has_own_coarse_model_) return {};
  coarse_model_.start(name, [this, options = common.model_options(*path)](std::stop_token stop) {
    return host_.models().match_model(options, std::move(stop));
  });
  return {};
}

Result<void> LoftrMatch::wait_until_ready(std::stop_token stop) {
  auto model = model_.wait(stop);
  if (!model) return model.error();
  std::shared_ptr<MatchModel> coarse = is_adaptive_ ? *model : nullptr;
  if (has_own_coarse_model_) {
    auto other = coarse_model_.wait(std::move(stop));
    if (!other) return other.error();
    coarse = *other;
  }
  matcher_ = PairMatcher(*model, std::move(coarse));
  GST_INFO_OBJECT(host_.element(), "%s", model_.description().c_str());
  host_.set_device(matcher_.info().device);
  return {};
}

void LoftrMatch::stop() {
  reset();
  references_ = References();
  plan_ = {};
  matcher_ = PairMatcher();
  model_.stop();
  coarse_model_.stop();
  is_adaptive_ = false;
  has_own_coarse_model_ = false;
  const std::lock_guard lock(mutex_);
  counts_ = {};
}

Result<void> LoftrMatch::plan(const GstVideoInfo& info, const LoftrMatchSettings& settings) {
  const MatchRequest request{GST_VIDEO_INFO_WIDTH(&info), GST_VIDEO_INFO_HEIGHT(&info),
                             static_cast<int>(host_.settings().batch_size),
                             static_cast<int>(settings.distance()), settings.options};
  return plan_.update(host_, request, held_bytes(), planner());
}

CachedPlan<MatchRequest, MatchPlan>::Make LoftrMatch::planner() const {
  return [this](const MatchRequest& within) {
    const auto workspace = [this](int width, int height, int pairs, const MatchOptions& options) {
      return matcher_.workspace(width, height, pairs, options);
    };
    return plan_match(within, workspace);
  };
}

std::size_t LoftrMatch::held_bytes() const { return history_.counts().bytes + references_.bytes(); }

// Whether the work failed for lack of memory, and there is a plan that takes less.
bool LoftrMatch::can_do_with_less(const Error& error) {
  return error.code == ErrorCode::OutOfMemory && plan_.reduce(host_, held_bytes(), planner());
}

// Returns the frame's image, prepared for the model and kept for later frames.
Result<SharedImage> LoftrMatch::make_image(const AnalyzedFrame& frame,
                                           const LoftrMatchSettings& settings,
                                           std::vector<ImagePair>& pairs) {
  auto image = std::make_shared<MatchImage>(frame.image);
  auto encodes = matcher_.prepare(*image, plan_->options, host_.stop_token());
  while (!encodes && can_do_with_less(encodes.error())) {
    if (plan_->options.max_size != history_.max_size()) {  // earlier frames no longer fit
      give_up(pairs);
      history_.begin_frame(frame, settings, plan_->options.max_size);
    }
    encodes = matcher_.prepare(*image, plan_->options, host_.stop_token());
  }
  if (!encodes) return encodes.error();
  history_.put(frame, image);
  const std::lock_guard lock(mutex_);
  counts_.frame_encodes += *encodes;
  return image;
}

Result<void> LoftrMatch::pair_with_earlier(const AnalyzedFrame& frame, const SharedImage& image,
                                           FrameMatches& found, std::vector<ImagePair>& pairs) {
  auto earlier = history_.partner_of(frame);
  if (!earlier || !earlier->image) {
    found.skipped = earlier ? kMemoryLimit : kFirstFrame;
    return {};
  }
  PairMatches one;
  one.reference_width = GST_VIDEO_INFO_WIDTH(&frame.info);
  one.reference_height = GST_VIDEO_INFO_HEIGHT(&frame.info);
  one.reference_pts = earlier->pts;
  found.all.push_back(std::move(one));
  pairs.push_back({std::move(earlier->image), image, &found, 0});
  return {};
}

Result<void> LoftrMatch::pair_with_references(const LoftrMatchSettings& settings,
                                              const SharedImage& image, FrameMatches& found,
                                              std::vector<ImagePair>& pairs) {
  const auto prepare = [this](MatchImage& reference) -> Result<void> {
    const auto encodes = matcher_.prepare(reference, plan_->options, host_.stop_token());
    if (!encodes) return encodes.error();
    const std::lock_guard lock(mutex_);
    counts_.reference_encodes += *encodes;
    return {};
  };
  const auto& location = settings.reference_location;
  if (auto there = references_.find(location, plan_->options.max_size); !there) return there;
  references_.set_budget(plan_.budget());
  if (!references_.are_there()) {  // the properties changed after `prepare`
    found.skipped = kSkippedReference;
    return {};
  }
  for (std::size_t i = 0; i < references_.size(); i++) {
    auto first = references_.image(i, prepare);
    if (!first && can_do_with_less(first.error())) {
      give_up(pairs);
      found.skipped = kMemoryLimit;
      found.all.clear();
      return {};
    }
    if (!first) return first.error();
    references_.name(i, found.all.emplace_back());
    pairs.push_back({*first, image, &found, i});
  }
  return {};
}

void LoftrMatch::give_up(std::vector<ImagePair>& pairs) {
  for (const ImagePair& pair : pairs) {
    pair.found->skipped = kMemoryLimit;
    pair.found->all.clear();
  }
  pairs.clear();
}

// Prepares the frame, and adds the pairs in which it is the second image.
Result<void> LoftrMatch::match_frame(AnalyzedFrame& frame, const LoftrMatchSettings& settings,
                                     std::vector<ImagePair>& pairs) {
  if (history_.begin_frame(frame, settings, plan_->options.max_size)) {
    GST_DEBUG_OBJECT(host_.element(), "restarts at %" GST_TIME_FORMAT, GST_TIME_ARGS(frame.pts()));
  }
  history_.set_budget(plan_.budget());
  auto result = std::make_unique<FrameMatches>();
  FrameMatches& found = *result;
  frame.result = std::move(result);
  found.skipped = frame.skipped;
  found.kind = settings.geometry;
  const bool only_for_others = frame.is_skipped(kSkippedInterval) &&
                               history_.will_ask_for(frame, host_.settings().inference_interval);
  if (frame.skipped && !only_for_others) return {};
  const auto image = make_image(frame, settings, pairs);
  if (!image) return image.error();
  if (frame.skipped) return {};
  return settings.mode == MatchMode::Reference
             ? pair_with_references(settings, *image, found, pairs)
             : pair_with_earlier(frame, *image, found, pairs);
}

Result<void> LoftrMatch::match(std::vector<ImagePair>& pairs, const LoftrMatchSettings& settings,
                               const std::stop_token& stop) {
  auto encodes = matcher_.match(pairs, *plan_, stop);
  while (!encodes && can_do_with_less(encodes.error())) {
    if (plan_->options.max_size != history_.max_size()) {  // prepared from images of another size
      give_up(pairs);
      return {};
    }
    encodes = matcher_.match(pairs, *plan_, stop);
  }
  if (!encodes) return encodes.error();
  const std::lock_guard lock(mutex_);
  counts_.coarse_encodes += encodes->coarse;
  counts_.frame_encodes += encodes->second;
  (settings.mode == MatchMode::Reference ? counts_.reference_encodes : counts_.frame_encodes) +=
      encodes->first;
  return {};
}

void LoftrMatch::count(std::span<const ImagePair> pairs) {
  const std::lock_guard lock(mutex_);
  counts_.features = history_.counts();
  counts_.pairs += pairs.size();
  for (const ImagePair& pair : pairs) {
    const PairMatches& one = pair.result();
    counts_.matches += one.matches.size();
    if (!one.adaptive) continue;
    counts_.full_passes += one.adaptive->passes > 1;
    counts_.still_pairs += one.adaptive->plan.overlap == Overlap::Still;
    counts_.disjoint_pairs += one.adaptive->plan.overlap == Overlap::None;
    counts_.partial_pairs += one.adaptive->plan.overlap == Overlap::Partial;
  }
}

Result<void> LoftrMatch::check_geometry(std::span<const ImagePair> pairs,
                                        const LoftrMatchSettings& settings) {
  if (settings.geometry == GeometryKind::None) return {};
  const auto vision = load_vision();
  if (!vision) return vision.error();
  GeometryOptions options;
  options.kind = settings.geometry;
  options.refine = settings.refine;
  for (const ImagePair& pair : pairs) {
    PairMatches& one = pair.result();
    options.model_pixel = model_pixel_of(pair, plan_->options);
    auto geometry = (*vision)->estimate(one.matches, options);
    if (!geometry) return geometry.error();
    one.geometry = std::move(*geometry);
  }
  return {};
}

// Recorded streams wait for the reference images, live streams do not.
Result<void> LoftrMatch::prepare(std::span<AnalyzedFrame> frames, std::stop_token stop) {
  is_planned_ = false;
  const LoftrMatchSettings settings = this->settings();
  const auto is_wanted = [](const AnalyzedFrame& frame) { return !frame.skipped; };
  if (settings.mode != MatchMode::Reference || std::ranges::none_of(frames, is_wanted)) return {};
  if (auto planned = plan(frames.front().info, settings); !planned) return planned;
  is_planned_ = true;
  const auto there = references_.find(settings.reference_location, plan_->options.max_size);
  if (!there || references_.are_there()) return there;
  if (!host_.is_live()) return references_.wait(stop);
  for (AnalyzedFrame& frame : frames) {
    if (is_wanted(frame)) frame.skipped = kSkippedReference;
  }
  return {};
}

Result<void> LoftrMatch::analyze(std::span<AnalyzedFrame> frames, std::stop_token stop) {
  const LoftrMatchSettings settings = this->settings();
  const ReleaseReferences at_end{references_};
  // Plans once for all frames: images of one batch must have the same size, including those that
  // `prepare` found.
  if (!std::exchange(is_planned_, false)) {
    if (auto planned = plan(frames.front().info, settings); !planned) return planned;
  }
  std::vector<ImagePair> pairs;
  for (AnalyzedFrame& frame : frames) {
    if (stop.stop_requested()) return Error{ErrorCode::Cancelled, "cancelled"};
    if (auto done = match_frame(frame, settings, pairs); !done) return done;
  }
  if (auto done = match(pairs, settings, stop); !done) return done;
  if (auto kept = history_.copy_pixels(); !kept) return kept;
  history_.update_sizes();
  count(pairs);
  return check_geometry(pairs, settings);
}

}  // namespace gsttorch
