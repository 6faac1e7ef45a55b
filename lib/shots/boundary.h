// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace gsttorch {

/// How one shot changes to the next.
enum class TransitionKind {
  Cut,       ///< between two frames
  Dissolve,  ///< mixture of both shots (a wipe is reported as one too)
  Fade,      ///< to black or white, and from it
};

/// "cut", "dissolve", "fade".
const char* to_string(TransitionKind kind);
/// The inverse; nothing for any other name.
std::optional<TransitionKind> parse_transition_kind(std::string_view name);

/// A frame's place: the caller's number, and its time in ns where it has one.
struct FramePlace {
  std::uint64_t number = 0;
  std::optional<std::int64_t> pts;

  bool operator==(const FramePlace&) const = default;
};

/// One boundary between shots: as the detector finds it, in records, and in lists of shots. The
/// frames of [start, end) belong to both shots (a fade's also to neither); for a cut there are
/// none: start, middle and end are the first frame of the new shot.
struct Boundary {
  TransitionKind kind = TransitionKind::Cut;
  FramePlace start;       ///< first frame that is not purely the old shot
  FramePlace middle;      ///< where both weigh the same; of a fade the darkest (or whitest) frame
  FramePlace end;         ///< first frame that is purely the new shot
  double confidence = 0;  ///< 0 to 1; at or above the threshold
};

}  // namespace gsttorch
