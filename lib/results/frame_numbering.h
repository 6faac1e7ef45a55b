// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <optional>

#include "lib/results/records.h"

namespace gsttorch {

/// Numbers the frames of a stream, which may continue where an earlier run's records end. Such a
/// stream starts anywhere before that point: frames are told by their times to be recorded already,
/// or, where the last recorded one has none, by counting from the stream's beginning.
class FrameNumbering {
 public:
  FrameNumbering() = default;
  explicit FrameNumbering(const std::optional<RecordKey>& last) : last_(last) {}

  /// The number of the frame that comes next; nothing where it is recorded already. The same until
  /// the frame was `taken`.
  std::optional<std::uint64_t> number(const std::optional<std::uint64_t>& pts) const;
  /// On to the frame after the one that was numbered so.
  void taken(const std::optional<std::uint64_t>& number);

 private:
  bool is_recorded(const std::optional<std::uint64_t>& pts) const;

  std::optional<RecordKey> last_;  // until the stream has passed it
  std::uint64_t next_ = 0;         // or, until then: how many frames came
};

}  // namespace gsttorch
