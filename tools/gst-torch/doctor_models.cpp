// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/core/manifest.h"
#include "tools/gst-torch/doctor.h"

namespace gsttorch {
namespace {

constexpr char kNeededModel[] = "raft-small";  // what raftflow uses unless it is told otherwise

Finding model_finding(const std::string& name) {
  const auto file = resolve_weights(name);
  if (file) return {"models", name, FindingState::Ok, *file, ""};
  const bool needed = name == kNeededModel;
  return {"models", name, needed ? FindingState::Missing : FindingState::Optional,
          "weights are not there", "gst-torch models fetch " + name};
}

}  // namespace

void check_models(Findings& findings) {
  for (const char* name : {"raft-small", "raft-sintel", "raft-kitti", "raft-large"}) {
    findings.push_back(model_finding(name));
  }
}

}  // namespace gsttorch
