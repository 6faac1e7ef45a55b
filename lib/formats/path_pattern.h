// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/result.h"

namespace gsttorch {

/// Makes a file name for each number: "debug/%05d.png" gives "debug/00012.png". "%%" is a "%".
class PathPattern {
 public:
  /// ErrorCode::BadArgument unless the pattern has exactly one number ("%d", "%5d", "%05d").
  static Result<PathPattern> create(const std::string& pattern);

  std::string path(std::uint64_t number) const;

 private:
  std::string before_;
  std::string after_;
  int digits_ = 0;
  char fill_ = ' ';
};

}  // namespace gsttorch
