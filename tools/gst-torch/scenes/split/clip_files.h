// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lib/base/result.h"

namespace gsttorch {

/// The files of a split while they are written: under other names, until all are whole. What is not
/// kept is removed when this goes out of scope.
class ClipFiles {
 public:
  /// `shots`: which each part begins with, counted from 0.
  ClipFiles(const std::string& directory, const std::string& video,
            const std::vector<std::size_t>& shots, const char* extension);
  ~ClipFiles();
  ClipFiles(const ClipFiles&) = delete;
  ClipFiles& operator=(const ClipFiles&) = delete;

  std::size_t count() const { return names_.size(); }
  /// Where to write part `index`. One beyond the last has a name, too, and is never kept.
  std::string unfinished(std::size_t index) const;
  /// Gives them their names.
  Result<std::vector<std::string>> keep();

 private:
  std::vector<std::string> names_;
};

/// A file in the directory that is named as a part of this video; empty: there is none.
std::string find_part(const std::string& directory, const std::string& video);

}  // namespace gsttorch
