// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <optional>

namespace gsttorch {

/// What a buffer says about its place in the stream; what it does not say is absent. Times ns.
struct StreamPlace {
  std::optional<std::uint64_t> pts;
  std::optional<std::uint64_t> duration;
  std::optional<std::uint64_t> offset;  ///< of frames, where the stream counts those
  std::optional<std::uint64_t> offset_end;
  bool is_discontinuity = false;
};

/// Counts buffers that are not there though others before and after them are: by gaps between
/// offsets, or where there are none, by gaps of more than half a buffer between times.
class GapCounter {
 public:
  void add(const StreamPlace& place);
  /// What comes next has no relation to what was: a flush, a new segment.
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
