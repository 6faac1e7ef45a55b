// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <optional>
#include <string>

namespace gsttorch {

/// Lines from a file descriptor that is polled. Reentrant.
class LineBuffer {
 public:
  /// Reads once; false at the end of the input. What an interrupted or non-blocking read does not
  /// give comes later.
  bool read_from(int fd);
  /// The next whole line, without its newline.
  std::optional<std::string> next();
  /// What is left after the last newline.
  std::string rest() const { return text_; }

 private:
  std::string text_;
};

}  // namespace gsttorch
