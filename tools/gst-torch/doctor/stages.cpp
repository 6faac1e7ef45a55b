// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/support/stages.h"

#include "lib/vision/geometry.h"
#include "tools/gst-torch/doctor/doctor.h"
#include "tools/gst-torch/support/drawing/image_canvas.h"

namespace gsttorch {
namespace {

// Weights are not needed as such, only by a stage: this is where they count as missing.
Check check_one(const Stage& stage) {
  const std::string model = default_model(stage);
  const auto ready = check_stage(stage, model);
  if (ready) {
    return {"stages", stage.name, CheckState::Ok,
            std::string(stage.finds) + " (" + stage.element + ", " + model + ")", ""};
  }
  const bool always = stage.by_default == Stage::Default::Always;
  return {"stages", stage.name, always ? CheckState::Missing : CheckState::Optional,
          "cannot run: " + ready.error().message, ""};
}

Check check_library(const RuntimeLibrary& library, const char* name, const char* options) {
  const auto found = find_runtime_library(library);
  if (found) return {"libraries", name, CheckState::Ok, *found, ""};
  return {"libraries", name, CheckState::Optional,
          found.error().message + "; required for " + options, ""};
}

}  // namespace

void check_stages(Checks& checks) {
  for (const Stage& stage : all_stages()) checks.push_back(check_one(stage));
}

void check_libraries(Checks& checks) {
  checks.push_back(check_library(kVisionLibrary, "geometry", "the option --geometry of match"));
  checks.push_back(
      check_library(kDrawingLibrary, "drawing", "the options --sheet and --plot of scenes"));
}

}  // namespace gsttorch
