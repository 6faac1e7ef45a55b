// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/compare/stage_comparison.h"

#include <algorithm>
#include <array>

#include "tools/gst-torch/compare/stage_parts.h"

namespace gsttorch {
namespace {

constexpr std::size_t kWorstFrames = 3;
constexpr std::array<const char*, 3> kStages = {"scenes", "flow", "matches"};

bool has_stage(const ResultSet& set, const std::string& stage) {
  if (stage == "scenes") return set.boundaries.has_value();
  return !(stage == "flow" ? set.flow : set.matches).empty();
}

Result<std::vector<std::string>> choose_stages(const ComparisonRequest& request) {
  const ResultSet &a = request.reference, &b = request.other;
  for (const std::string& stage : request.stages) {
    for (const ResultSet* set : {&a, &b}) {
      if (has_stage(*set, stage)) continue;
      return Error{ErrorCode::NotFound, set->directory + " has no results of the stage " + stage +
                                            ", which --stages requires"};
    }
  }
  if (!request.stages.empty()) return request.stages;
  std::vector<std::string> stages;
  for (const char* stage : kStages) {
    if (has_stage(a, stage) && has_stage(b, stage)) stages.emplace_back(stage);
  }
  if (!stages.empty()) return stages;
  return Error{ErrorCode::NotFound, a.directory + " and " + b.directory +
                                        " have no stage in common: compare results of the same "
                                        "stages"};
}

Result<StageComparison> compare_stage(const ComparisonRequest& request, const std::string& stage) {
  const ResultSet &a = request.reference, &b = request.other;
  if (stage == "scenes") return compare_shots(*a.boundaries, *b.boundaries);
  if (stage == "matches") return compare_matches(a.matches, b.matches);
  return compare_flow(a.flow, b.flow, request.truth ? &*request.truth : nullptr);
}

// "000001, 000002, ...", for people who have to see why no frame is the same.
std::string first_names(const FrameFiles& files) {
  std::string text;
  std::size_t count = 0;
  for (const auto& [frame, path] : files) {
    if (count++ == 2) return text + ", ...";
    text += (text.empty() ? "" : ", ") + frame;
  }
  return text;
}

std::string frames_text(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " frame" : " frames");
}

}  // namespace

bool is_stage_name(const std::string& name) {
  return std::find(kStages.begin(), kStages.end(), name) != kStages.end();
}

Result<std::vector<StageComparison>> compare_stages(const ComparisonRequest& request) {
  auto same = check_same_frames(request.reference, request.other);
  if (!same) return same.error();
  const auto stages = choose_stages(request);
  if (!stages) return stages.error();
  if (request.truth && std::find(stages->begin(), stages->end(), "flow") == stages->end()) {
    return Error{ErrorCode::BadArgument, "--truth has no effect: no flow is compared"};
  }
  std::vector<StageComparison> compared;
  for (const std::string& stage : *stages) {
    auto result = compare_stage(request, stage);
    if (!result) return result.error();
    compared.push_back(std::move(*result));
  }
  return compared;
}

std::vector<std::string> stages_left_out(const ComparisonRequest& request) {
  std::vector<std::string> left_out;
  for (const char* stage : kStages) {
    const bool one = has_stage(request.reference, stage), two = has_stage(request.other, stage);
    if (one == two || !request.stages.empty()) continue;
    left_out.push_back(std::string(stage) + ": only in " +
                       (one ? request.reference : request.other).directory + ", not compared");
  }
  return left_out;
}

Result<FramePairs> FramePairs::create(const std::string& stage, const FrameFiles& reference,
                                      const FrameFiles& other, const FrameFiles* truth) {
  FramePairs pairs;
  for (const auto& [frame, path] : reference) {
    const auto same = other.find(frame);
    if (same == other.end()) {
      pairs.only_reference_++;
    } else if (truth && !truth->contains(frame)) {
      pairs.without_truth_++;
    } else {
      pairs.frames_.push_back({frame, path, same->second, truth ? truth->at(frame) : ""});
    }
  }
  const std::size_t common = reference.size() - pairs.only_reference_;
  pairs.only_other_ = other.size() - common;
  if (!pairs.frames_.empty()) return pairs;
  const FrameFiles& missing = common > 0 ? *truth : other;
  return Error{ErrorCode::NotFound,
               "no frame of the stage " + stage + " is on both sides: one has " +
                   first_names(reference) + " (such as " + reference.begin()->second +
                   "), the other " + first_names(missing) + " (such as " + missing.begin()->second +
                   "); name the files by the same frame numbers"};
}

void FramePairs::report_rest(StageComparison& stage) const {
  const auto report = [&](std::size_t count, const char* field, const char* where) {
    stage.figures[field] = count;
    if (count > 0) stage.notes.push_back(frames_text(count) + " " + where + ": left out");
  };
  report(only_reference_, "only_in_reference", "only in REF");
  report(only_other_, "only_in_other", "only in OTHER");
  if (!frames_.front().truth.empty())
    report(without_truth_, "without_truth", "without ground truth");
}

void choose_worst(StageComparison& stage, std::vector<ComparedFrame> frames) {
  std::erase_if(frames, [](const ComparedFrame& frame) { return frame.score >= 1; });
  std::stable_sort(
      frames.begin(), frames.end(),
      [](const ComparedFrame& a, const ComparedFrame& b) { return a.score < b.score; });
  frames.resize(std::min(frames.size(), kWorstFrames));
  stage.worst = std::move(frames);
}

}  // namespace gsttorch
