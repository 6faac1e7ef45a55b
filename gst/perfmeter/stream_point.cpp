// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/perfmeter/stream_point.h"

#include <chrono>

namespace gsttorch {
namespace {

void add(std::atomic<std::uint64_t>& counter, std::uint64_t by) {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

std::optional<std::uint64_t> known(guint64 value) {
  if (value == GST_CLOCK_TIME_NONE) return std::nullopt;
  return value;
}

StreamPlace place_of(const StreamPoint::Arrival& arrival) {
  StreamPlace place;
  place.pts = known(GST_BUFFER_PTS(arrival.buffer));
  place.duration = known(GST_BUFFER_DURATION(arrival.buffer));
  place.is_discontinuity = GST_BUFFER_IS_DISCONT(arrival.buffer);
  if (arrival.counts_frames) {
    place.offset = known(GST_BUFFER_OFFSET(arrival.buffer));
    place.offset_end = known(GST_BUFFER_OFFSET_END(arrival.buffer));
  }
  return place;
}

}  // namespace

std::uint64_t monotonic_now() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

void StreamPoint::take(const Arrival& arrival) {
  const std::uint64_t now = monotonic_now();
  if (buffers() == 0) {
    first_at_.store(now, std::memory_order_relaxed);
  } else {
    between_.add(now - last_at());
  }
  last_at_.store(now, std::memory_order_relaxed);
  add(buffers_, 1);
  add(bytes_, arrival.size);
  losses_.add(place_of(arrival));
  lost_.store(losses_.lost(), std::memory_order_relaxed);
  discontinuities_.store(losses_.discontinuities(), std::memory_order_relaxed);
  if (arrival.behind_clock_ns) latency_.add(*arrival.behind_clock_ns);
}

void StreamPoint::add_to(PerfRecord& record, std::uint64_t started) const {
  record["buffers"] = buffers();
  record["bytes"] = bytes();
  record["lost"] = lost_.load(std::memory_order_relaxed);
  record["discontinuities"] = discontinuities_.load(std::memory_order_relaxed);
  if (buffers() == 0) return;
  const std::uint64_t first = first_at_.load(std::memory_order_relaxed);
  record["first_buffer"] = first - started;
  if (buffers() > 1 && seconds() > 0) {
    record["rate_average"] = static_cast<double>(buffers() - 1) / seconds();
    record["bytes_per_second_average"] = static_cast<double>(bytes()) / seconds();
  }
  if (between_.count() > 0) record["interbuffer"] = to_record(between_.summary());
  if (latency_.count() > 0) record["latency"] = to_record(latency_.summary());
}

}  // namespace gsttorch
