// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <stdexcept>

#include "lib/base/result.h"

namespace gsttorch {

/// Inside lib/nn failures are exceptions, torch's and this one, which knows its kind. The façades
/// turn both into an Error.
class Failure : public std::runtime_error {
 public:
  Failure(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ErrorCode code() const { return code_; }

 private:
  ErrorCode code_;
};

/// Runs `body`; whatever it throws becomes an Error whose text starts with `what`.
/// Out of memory is told from other failures.
Error current_error(const std::string& what);

template <typename Fn>
auto caught(const std::string& what, Fn&& body) -> decltype(body()) {
  try {
    return std::forward<Fn>(body)();
  } catch (...) {
    return current_error(what);
  }
}

}  // namespace gsttorch
