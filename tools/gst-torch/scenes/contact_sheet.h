// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"
#include "tools/gst-torch/scenes/scene_scan.h"
#include "tools/gst-torch/support/media_probe.h"

namespace gsttorch {

struct SheetRequest {
  std::string video;
  VideoFacts facts;
  std::string path;  ///< of the first page; .png, .jpg or .jpeg
};

/// Draws the first, the middle and the last frame of each shot, a row for each, with their times.
/// So many rows that the image can still be looked at make a page: further ones are PATH-2,
/// PATH-3 and so on, before the ending. Pages after the last that an earlier run drew are removed.
/// Returns the pages. Needs gst_init.
Result<std::vector<std::string>> write_contact_sheet(const SheetRequest& request,
                                                     const SceneScan& scan);

}  // namespace gsttorch
