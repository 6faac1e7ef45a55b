// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/results/split_plan.h"

#include <algorithm>
#include <limits>

namespace gsttorch {
namespace {

constexpr std::int64_t kTolerance = 500'000;  // ns: demuxers and decoders round times differently

// Returns the first place to split at or after `time`, if any.
std::optional<std::int64_t> next_place(const std::vector<std::int64_t>& possible,
                                       std::int64_t time) {
  const auto found = std::lower_bound(possible.begin(), possible.end(), time - kTolerance);
  return found == possible.end() ? std::nullopt : std::optional(*found);
}

std::uint64_t frame_at(const std::vector<std::int64_t>& frame_times, std::int64_t time) {
  const auto found = std::lower_bound(frame_times.begin(), frame_times.end(), time - kTolerance);
  return static_cast<std::uint64_t>(found - frame_times.begin());
}

}  // namespace

std::vector<std::int64_t> split_times(const std::vector<EncodedPacket>& packets) {
  // The earliest time among the packets after each packet.
  std::vector<std::int64_t> earliest_after(packets.size());
  std::int64_t earliest = std::numeric_limits<std::int64_t>::max();
  for (std::size_t i = packets.size(); i-- > 0;) {
    earliest_after[i] = earliest;
    earliest = std::min(earliest, packets[i].time_ns);
  }
  std::vector<std::int64_t> times;
  std::int64_t latest = std::numeric_limits<std::int64_t>::min();
  for (std::size_t i = 0; i < packets.size(); i++) {
    const std::int64_t time = packets[i].time_ns;
    if (packets[i].is_key && latest < time && time < earliest_after[i]) times.push_back(time);
    latest = std::max(latest, time);
  }
  return times;
}

SplitPlan plan_split(const std::vector<std::uint64_t>& shots,
                     const std::vector<std::int64_t>& frame_times,
                     const std::vector<std::int64_t>& possible) {
  SplitPlan plan;
  for (std::size_t i = 0; i < shots.size(); i++) {
    const std::uint64_t frame = shots[i];
    if (frame >= frame_times.size()) break;
    const std::int64_t wanted = frame_times[frame];
    if (i == 0) {  // always a part, so that no frame is lost
      plan.parts.push_back({0, frame, wanted});
      continue;
    }
    const auto place = next_place(possible, wanted);
    const std::uint64_t moved_to = place ? frame_at(frame_times, *place) : frame_times.size();
    const bool has_frames = moved_to < frame_times.size();
    // After the next shot's first frame, nothing of this shot is left.
    const bool is_last = i + 1 == shots.size();
    if (!has_frames || (!is_last && moved_to >= shots[i + 1])) {
      plan.moved.push_back({i, frame, std::nullopt});
      continue;
    }
    if (moved_to != frame) plan.moved.push_back({i, frame, moved_to});
    plan.parts.push_back({i, moved_to, *place});
  }
  return plan;
}

}  // namespace gsttorch
