// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace gsttorch {

// Where a video is split into its shots, when it can only be split at some places. All times are
// running times of one stream, in ns.

/// A packet of an encoded stream, which may come in another order than the frames are shown in.
struct EncodedPacket {
  std::int64_t time_ns = 0;  ///< when its frame is shown
  bool is_key = false;       ///< can be decoded without those before it
};

/// When the frames are shown at which a stream can be split without encoding it again. Not all key
/// frames are: frames that are shown before a key frame and come after it (an open group of
/// images) need those before it, and would be lost to both sides.
std::vector<std::int64_t> split_times(const std::vector<EncodedPacket>& packets);

/// A file of its own: from this frame to the next part's.
struct SplitPart {
  std::size_t shot = 0;           ///< the one that it begins with, counted from 0
  std::uint64_t first_frame = 0;  ///< counted from 0
  std::int64_t start_ns = 0;
};

/// A shot whose part does not begin where the shot does.
struct MovedCut {
  std::size_t shot = 0;
  std::uint64_t frame = 0;  ///< where the shot begins
  /// Where its part begins; none: it has no part, all of it is in the one before.
  std::optional<std::uint64_t> moved_to;
};

struct SplitPlan {
  std::vector<SplitPart> parts;  ///< in order; together all frames
  std::vector<MovedCut> moved;
};

/// `shots`: first frames, the first being 0. `frame_times`: of every frame, ascending.
/// `possible`: where the stream can be split, ascending. A shot goes from the first such place that
/// is not before it.
SplitPlan plan_split(const std::vector<std::uint64_t>& shots,
                     const std::vector<std::int64_t>& frame_times,
                     const std::vector<std::int64_t>& possible);

}  // namespace gsttorch
