// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include "lib/models/manifest.h"

namespace gsttorch {

/// The weights file of a model in the manifest; empty if it was not fetched.
inline std::string fetched_model(const std::string& name) {
  const auto path = resolve_weights(name);
  return path ? *path : std::string();
}

}  // namespace gsttorch

#define SKIP_WITHOUT_MODEL(path) \
  if ((path).empty()) GTEST_SKIP() << "weights are not there: gst-torch models fetch"
