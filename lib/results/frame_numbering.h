// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <optional>

#include "lib/results/records.h"

namespace gsttorch {

/// Numbers the frames of a stream, which may continue after the last record of an earlier run. Such
/// a stream starts anywhere before that point: recorded frames are recognised by their timestamps,
/// or, if the last recorded frame has no timestamp, by counting from the stream's beginning.
class FrameNumbering {
 public:
  FrameNumbering() = default;
  explicit FrameNumbering(const std::optional<RecordKey>& last) : last_(last) {}
  /// For another stream: its first frame gets the number after `last`.
  static FrameNumbering after(const std::optional<RecordKey>& last);

  /// Returns the number of the next frame, or nullopt if it is recorded already. Repeated calls
  /// return the same number until `taken` is called.
  std::optional<std::uint64_t> number(const std::optional<std::uint64_t>& pts) const;
  /// Advances past the frame that got this number.
  void taken(const std::optional<std::uint64_t>& number);

 private:
  bool is_recorded(const std::optional<std::uint64_t>& pts) const;

  std::optional<RecordKey> last_;  // reset when the stream has passed it
  std::uint64_t next_ = 0;         // until then: the number of frames received
};

}  // namespace gsttorch
