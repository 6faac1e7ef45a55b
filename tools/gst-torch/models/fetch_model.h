// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/models/manifest.h"

namespace gsttorch {

struct FetchReport {
  bool already_there = false;
  std::string source;   ///< the one that served
  std::string warning;  ///< what the user should know all the same, or empty
};

/// Sees to it that the model's file is in the models directory, whole and verified; a bundled one
/// is in its place already, or that is an error. Its sources are tried in turn; when none serves,
/// the one error names each with its reason and says where to put the file by hand.
Result<FetchReport> fetch_model(const Model& model, int stall_timeout_s);

}  // namespace gsttorch
