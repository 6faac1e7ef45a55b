// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace gsttorch {

// Plans how to split a video into its shots if it can be split only at some frames. All times are
// running times of one stream, in ns.

/// A packet of an encoded stream. Packets may arrive in another order than frames are shown.
struct EncodedPacket {
  std::int64_t time_ns = 0;  ///< when its frame is shown
  bool is_key = false;       ///< can be decoded without earlier packets
  std::int64_t dts_ns = 0;   ///< when it is decoded; ascending
  std::int64_t duration_ns = 0;
};

/// Returns the times of the frames at which a stream can be split without re-encoding. Not every
/// key frame qualifies: frames that are shown before a key frame but follow it in the stream (an
/// open GOP) need frames before it and would be lost to both parts.
std::vector<std::int64_t> split_times(const std::vector<EncodedPacket>& packets);

/// An output file: from this frame to the first of the next part.
struct SplitPart {
  std::size_t shot = 0;           ///< the first shot of the part, counted from 0
  std::uint64_t first_frame = 0;  ///< counted from 0
  std::int64_t start_ns = 0;
};

/// A shot whose part does not begin at the shot's first frame.
struct MovedCut {
  std::size_t shot = 0;
  std::uint64_t frame = 0;  ///< first frame of the shot
  /// First frame of its part; absent if the shot has no part and lies entirely in the previous one.
  std::optional<std::uint64_t> moved_to;
};

struct SplitPlan {
  std::vector<SplitPart> parts;  ///< in order; together they contain all frames
  std::vector<MovedCut> moved;
};

/// `shots`: first frame of each shot, beginning with 0. `frame_times`: of every frame, ascending.
/// `possible`: where the stream can be split, ascending. A shot's part begins at the first such
/// place at or after its start.
SplitPlan plan_split(const std::vector<std::uint64_t>& shots,
                     const std::vector<std::int64_t>& frame_times,
                     const std::vector<std::int64_t>& possible);

}  // namespace gsttorch
