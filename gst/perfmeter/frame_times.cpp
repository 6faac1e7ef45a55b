// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/perfmeter/frame_times.h"

#include <cmath>

#include "lib/perf/perf_output.h"

namespace gsttorch {
namespace {

// Limit for frames that never pass the meter (dropped, or timed after it); the oldest are dropped.
constexpr std::size_t kMostOnTheirWay = 1024;

double milliseconds(std::uint64_t ns) {
  return std::round(static_cast<double>(ns) / 1e3) / 1e3;  // to a microsecond
}

}  // namespace

void FrameTimes::add(std::uint64_t pts, const std::string& element, std::uint64_t time) {
  const std::lock_guard lock(mutex_);
  on_their_way_[pts].push_back({element, time});
  if (on_their_way_.size() > kMostOnTheirWay) on_their_way_.erase(on_their_way_.begin());
}

void FrameTimes::pass(std::uint64_t index, std::uint64_t pts) {
  const std::lock_guard lock(mutex_);
  auto frame = on_their_way_.extract(pts);
  passed_.push_back({index, pts, frame ? std::move(frame.mapped()) : std::vector<Stage>()});
}

std::vector<FrameTimes::Frame> FrameTimes::remove_passed() {
  const std::lock_guard lock(mutex_);
  return std::exchange(passed_, {});
}

std::string to_json_line(const FrameTimes::Frame& frame) {
  PerfRecord stages = PerfRecord::object();
  for (const auto& [element, time] : frame.stages) stages[element] = milliseconds(time);
  return to_json_line(
      PerfRecord{{"frame", frame.index}, {"pts", frame.pts}, {"ms", std::move(stages)}});
}

}  // namespace gsttorch
