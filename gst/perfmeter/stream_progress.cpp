// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/perfmeter/stream_progress.h"

#include "lib/gst/util/segment_time.h"

namespace gsttorch {
namespace {

std::optional<std::uint64_t> known(std::uint64_t time) {
  if (time == GST_CLOCK_TIME_NONE) return std::nullopt;
  return time;
}

}  // namespace

void StreamProgress::note(const GstSegment& segment, GstBuffer* buffer) {
  if (!GST_BUFFER_PTS_IS_VALID(buffer)) return;
  const std::uint64_t start = stream_time(segment, GST_BUFFER_PTS(buffer));
  if (start == GST_CLOCK_TIME_NONE) return;
  if (first_.load(std::memory_order_relaxed) == GST_CLOCK_TIME_NONE) {
    first_.store(start, std::memory_order_relaxed);
    begin_.store(GST_CLOCK_TIME_IS_VALID(segment.time) ? segment.time : 0,
                 std::memory_order_relaxed);
    stop_.store(stream_time(segment, segment.stop), std::memory_order_relaxed);
  }
  const bool has_duration = GST_BUFFER_DURATION_IS_VALID(buffer);
  position_.store(start + (has_duration ? GST_BUFFER_DURATION(buffer) : 0),
                  std::memory_order_relaxed);
}

void StreamProgress::restart() {
  first_.store(GST_CLOCK_TIME_NONE, std::memory_order_relaxed);
  position_.store(GST_CLOCK_TIME_NONE, std::memory_order_relaxed);
}

std::optional<std::uint64_t> StreamProgress::position() const {
  return known(position_.load(std::memory_order_relaxed));
}

std::optional<std::uint64_t> StreamProgress::end(GstPad* sink_pad) const {
  if (const auto stop = known(stop_.load(std::memory_order_relaxed))) return stop;
  gint64 duration = 0;
  if (!gst_pad_peer_query_duration(sink_pad, GST_FORMAT_TIME, &duration) || duration <= 0) {
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(duration);
}

void StreamProgress::add_share(ProgressState& state, GstPad* sink_pad) const {
  const auto position = this->position();
  const auto first = known(first_.load(std::memory_order_relaxed));
  if (!position || !first) return;
  const auto end = this->end(sink_pad);
  const std::uint64_t begin = begin_.load(std::memory_order_relaxed);
  if (!end || *end <= begin || *position < begin || *first < begin) return;
  const auto length = static_cast<double>(*end - begin);
  state.share = static_cast<double>(*position - begin) / length;
  state.share_at_start = static_cast<double>(*first - begin) / length;
}

PerfRecord to_record(const ProgressState& state, std::optional<std::uint64_t> position) {
  PerfRecord record{{"buffers", state.frames}};
  if (const auto share = done_share(state)) record["percent"] = 100 * *share;
  if (const auto rate = frame_rate(state)) record["rate"] = *rate;
  if (position) record["position"] = *position;
  if (const auto left = seconds_left(state)) {
    record["remaining"] = static_cast<std::uint64_t>(*left * 1e9);
  }
  PerfRecord stages = PerfRecord::array();
  for (const ProgressStage& stage : state.stages) {
    stages.push_back({{"name", stage.name}, {"buffers", stage.frames}});
  }
  if (!stages.empty()) record["stages"] = std::move(stages);
  return record;
}

}  // namespace gsttorch
