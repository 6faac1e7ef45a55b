// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "lib/core/result.h"

namespace gsttorch {

/// How the readers in this folder give up. read_weights() catches it, names the file and returns
/// the Error; nothing else sees it.
class WeightsFailure : public std::exception {
 public:
  explicit WeightsFailure(Error error) : error_(std::move(error)) {}
  const Error& error() const { return error_; }
  const char* what() const noexcept override { return error_.message.c_str(); }

 private:
  Error error_;
};

[[noreturn]] inline void fail_corrupt(std::string message) {
  throw WeightsFailure({ErrorCode::Corrupt, std::move(message)});
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
