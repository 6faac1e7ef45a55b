// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <filesystem>

#include "lib/models/manifest.h"
#include "tools/gst-torch/doctor/doctor.h"

namespace gsttorch {
namespace {

constexpr char kGroup[] = "models";

Check check_model(const Model& model) {
  const std::filesystem::path file = model.path();
  std::error_code ignored;
  if (std::filesystem::is_regular_file(file, ignored)) {
    return {kGroup, model.name, CheckState::Ok, file.string(), ""};
  }
  // Whether a stage needs these is said of the stage.
  return {kGroup, model.name, CheckState::Optional, "weights not found", model.remedy()};
}

}  // namespace

void check_models(Checks& checks) {
  const auto manifest = Manifest::load();
  if (!manifest) {
    checks.push_back({kGroup, "manifest", CheckState::Missing, manifest.error().message,
                      "set GST_TORCH_MANIFEST to the path of models/manifest.json"});
    return;
  }
  for (const Model& model : manifest->models()) checks.push_back(check_model(model));
}

}  // namespace gsttorch
