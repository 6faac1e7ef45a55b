// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <optional>

namespace gsttorch {

/// A buffer's position in the stream; fields that the buffer does not set are absent. Times in ns.
struct StreamPlace {
  std::optional<std::uint64_t> pts;
  std::optional<std::uint64_t> duration;
  std::optional<std::uint64_t> offset;  ///< in frames, if the stream counts frames
  std::optional<std::uint64_t> offset_end;
  bool is_discontinuity = false;
};

/// Counts buffers missing between others: by gaps between offsets, or, without offsets, by gaps
/// between timestamps of more than half a buffer.
class GapCounter {
 public:
  void add(const StreamPlace& place);
  /// Call it if the next buffer is unrelated to the previous ones: after a flush, for a new
  /// segment.
  void restart() { last_.reset(); }

  std::uint64_t lost() const { return lost_; }
  std::uint64_t discontinuities() const { return discontinuities_; }  ///< after the first buffer

 private:
  std::uint64_t missing_before(const StreamPlace& place) const;

  std::optional<StreamPlace> last_;
  std::uint64_t lost_ = 0;
  std::uint64_t discontinuities_ = 0;
};

}  // namespace gsttorch
