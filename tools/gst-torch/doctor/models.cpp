// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <filesystem>

#include "lib/models/manifest.h"
#include "tools/gst-torch/doctor/doctor.h"

namespace gsttorch {
namespace {

constexpr char kGroup[] = "models";
constexpr char kNeededModel[] = "raft-small";  // what raftflow uses unless it is told otherwise

Check check_model(const Model& model) {
  const std::filesystem::path file = model.path();
  std::error_code ignored;
  if (std::filesystem::is_regular_file(file, ignored)) {
    return {kGroup, model.name, CheckState::Ok, file.string(), ""};
  }
  const bool needed = model.name == kNeededModel;
  return {kGroup, model.name, needed ? CheckState::Missing : CheckState::Optional,
          "weights are not there", model.remedy()};
}

}  // namespace

void check_models(Checks& checks) {
  const auto manifest = Manifest::load();
  if (!manifest) {
    checks.push_back({kGroup, "manifest", CheckState::Missing, manifest.error().message,
                      "GST_TORCH_MANIFEST names the file models/manifest.json"});
    return;
  }
  for (const Model& model : manifest->models()) checks.push_back(check_model(model));
}

}  // namespace gsttorch
