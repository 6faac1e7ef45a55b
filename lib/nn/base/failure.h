// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <stdexcept>

#include "lib/base/result.h"

namespace gsttorch {

/// Code in lib/nn reports failures as exceptions: torch's own, and this one, which has an error
/// code. The façades convert both to an Error.
class Failure : public std::runtime_error {
 public:
  Failure(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ErrorCode code() const { return code_; }

 private:
  ErrorCode code_;
};

/// Converts the exception being handled to an Error whose text starts with `what`. Out of memory
/// has its own error code.
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
