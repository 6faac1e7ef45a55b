// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <span>
#include <string>

#include "lib/base/result.h"

namespace gsttorch {

/// A GStreamer element that some command puts into a pipeline, and where it comes from.
struct ElementSource {
  const char* name;
  const char* package;  ///< Debian's
  bool is_needed;       ///< by the usual jobs; the others are for single options or formats
};

/// GStreamer's own elements. `doctor` checks them all; a lint test compares them with the
/// pipelines of `analyze`.
std::span<const ElementSource> gstreamer_elements();

/// Elements of this project that `analyze` uses besides its stages.
std::span<const char* const> own_elements();

/// What to do where an element is missing, on one line.
std::string element_remedy(const std::string& element);

/// An Error that names the missing element and the remedy.
Result<void> check_element(const std::string& element);

}  // namespace gsttorch
