// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>
#include <string_view>

#include "lib/nn/base/failure.h"

namespace gsttorch {

/// How the readers in this directory give up; read_weights() puts the file's name before it.
[[noreturn]] inline void fail_corrupt(const std::string& message) {
  throw Failure(ErrorCode::Corrupt, message);
}

/// Text from a file, fit for an error line: short, and nothing that a terminal would act upon.
inline std::string printable(std::string_view text) {
  constexpr std::size_t kLongest = 80;
  std::string clean(text.substr(0, kLongest));
  for (char& c : clean) {
    if (c < 0x20 || c > 0x7e) c = '?';
  }
  return text.size() > kLongest ? clean + "..." : clean;
}

}  // namespace gsttorch
