// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/base/format.h"
#include "tools/gst-torch/compare/shot_errors.h"
#include "tools/gst-torch/compare/stage_parts.h"

namespace gsttorch {
namespace {

constexpr std::uint64_t kTolerance = 1;  // frames
constexpr std::size_t kMostListed = 20;

std::string list_text(const std::vector<std::uint64_t>& frames) {
  std::string text;
  for (std::size_t i = 0; i < frames.size(); i++) {
    if (i == kMostListed) return text + ", ...";
    text += (i > 0 ? ", " : "") + std::to_string(frames[i]);
  }
  return text;
}

void report(const char* field, const std::string& where, const std::vector<std::uint64_t>& frames,
            StageComparison& stage) {
  stage.figures[field] = frames;
  if (!frames.empty())
    stage.notes.push_back("boundaries only in " + where + ": " + list_text(frames));
}

}  // namespace

StageComparison compare_shots(const BoundaryList& reference, const BoundaryList& other) {
  const ShotErrors errors = shot_errors(other, reference, kTolerance);
  StageComparison stage;
  stage.name = "scenes";
  stage.score = errors.f1();
  stage.summary = format("%zu of %zu boundaries found, %zu added", errors.common, reference.size(),
                         errors.added.size());
  stage.figures["boundaries"] = other.size();
  stage.figures["reference_boundaries"] = reference.size();
  report("only_in_reference", "REF", errors.missed, stage);
  report("only_in_other", "OTHER", errors.added, stage);
  return stage;
}

}  // namespace gsttorch
