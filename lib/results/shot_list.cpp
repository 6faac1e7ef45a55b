// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/results/shot_list.h"

#include <algorithm>
#include <cinttypes>
#include <cmath>
#include <cstdarg>
#include <cstdio>

#include <nlohmann/json.hpp>

namespace gsttorch {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kSecond = 1'000'000'000;

constexpr char kColumns[] =
    "Shot Number,Start Frame,Start Timecode,Start Time (seconds),End Frame,End Timecode,"
    "End Time (seconds),Length (frames),Length (timecode),Length (seconds)\n";

__attribute__((format(printf, 1, 2))) std::string text(const char* format, ...) {
  char buffer[256];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(buffer, sizeof buffer, format, arguments);
  va_end(arguments);
  return buffer;
}

std::string seconds(std::uint64_t ns) { return text("%.3f", static_cast<double>(ns) / kSecond); }

// Two columns: the timecode and the seconds.
std::string csv_time(const std::optional<std::uint64_t>& ns) {
  return ns ? timecode(*ns) + "," + seconds(*ns) : ",";
}

std::optional<std::uint64_t> length_of(const Shot& shot) {
  if (!shot.start_ns || !shot.end_ns || *shot.end_ns < *shot.start_ns) return std::nullopt;
  return *shot.end_ns - *shot.start_ns;
}

Json seconds_or_null(const std::optional<std::uint64_t>& ns) {
  return ns ? Json(static_cast<double>(*ns) / kSecond) : Json();
}

Json to_json(const Shot& shot, std::size_t number) {
  Json json = {{"shot", number},
               {"start_frame", shot.first_frame},
               {"end_frame", shot.end_frame},
               {"start", seconds_or_null(shot.start_ns)},
               {"end", seconds_or_null(shot.end_ns)}};
  if (shot.boundary) {
    json["boundary"] = {{"kind", to_string(shot.boundary->kind)},
                        {"start_frame", shot.boundary->start.number},
                        {"middle_frame", shot.boundary->middle.number},
                        {"end_frame", shot.boundary->end.number},
                        {"confidence", shot.boundary->confidence}};
  }
  return json;
}

std::optional<std::uint64_t> time_of(const ShotListBuilder::Frame& frame) {
  return frame.stream_time ? frame.stream_time : frame.pts;
}

// The stream time of an earlier frame of the same segment as `frame`. Times before 0 are none of a
// video's.
std::optional<std::uint64_t> time_of(const FramePlace& place, const ShotListBuilder::Frame& frame) {
  const auto time = time_of(frame);
  if (!place.pts || !time || !frame.pts) return std::nullopt;
  const auto offset = static_cast<std::int64_t>(*time) - static_cast<std::int64_t>(*frame.pts);
  if (*place.pts + offset < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*place.pts + offset);
}

std::string edl_time(std::uint64_t frame, std::uint64_t rate) {
  const std::uint64_t s = frame / rate;
  return text("%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64, s / 3600, s / 60 % 60, s % 60,
              frame % rate);
}

}  // namespace

void ShotListBuilder::begin_shot(const Boundary& boundary, const Frame& known_with) {
  if (boundary.middle.number <= current_->first_frame) return;  // there is no shot before it
  current_->end_frame = boundary.middle.number;
  current_->end_ns = time_of(boundary.middle, known_with);
  done_.push_back(*current_);
  current_ =
      Shot{boundary.middle.number, boundary.middle.number, done_.back().end_ns, {}, boundary};
}

void ShotListBuilder::add(const Frame& frame, const std::vector<Boundary>& boundaries) {
  if (current_ && frame.pts && last_.pts && *frame.pts > *last_.pts)
    step_ = *frame.pts - *last_.pts;
  if (!current_) current_ = Shot{frame.number, frame.number, time_of(frame), {}, {}};
  for (const Boundary& boundary : boundaries) begin_shot(boundary, frame);
  last_ = frame;
}

std::vector<Shot> ShotListBuilder::shots() const {
  std::vector<Shot> shots = done_;
  if (!current_) return shots;
  shots.push_back(*current_);
  shots.back().end_frame = last_.number + 1;
  const auto step = last_.duration ? last_.duration : step_;
  if (const auto start = time_of(last_)) shots.back().end_ns = *start + step.value_or(0);
  return shots;
}

std::string timecode(std::uint64_t ns) {
  const std::uint64_t ms = (ns + kSecond / 2000) / (kSecond / 1000);
  const std::uint64_t s = ms / 1000;
  return text("%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 ".%03" PRIu64, s / 3600, s / 60 % 60, s % 60,
              ms % 1000);
}

std::string shots_to_csv(const std::vector<Shot>& shots) {
  std::string csv = kColumns;
  for (std::size_t i = 0; i < shots.size(); i++) {
    const Shot& shot = shots[i];
    csv += std::to_string(i + 1) + "," + std::to_string(shot.first_frame + 1) + "," +
           csv_time(shot.start_ns) + "," + std::to_string(shot.end_frame) + "," +
           csv_time(shot.end_ns) + "," + std::to_string(shot.frames()) + "," +
           csv_time(length_of(shot)) + "\n";
  }
  return csv;
}

std::string shots_to_json(const std::vector<Shot>& shots, const std::string& model) {
  Json list = Json::array();
  for (std::size_t i = 0; i < shots.size(); i++) list.push_back(to_json(shots[i], i + 1));
  return Json{{"model", model}, {"shots", list}}.dump(2) + "\n";
}

std::string shots_to_edl(const std::vector<Shot>& shots, const std::string& title,
                         double frames_per_second) {
  const auto rate =
      static_cast<std::uint64_t>(std::max(1L, std::lround(std::max(1., frames_per_second))));
  std::string edl = "TITLE: " + title + "\nFCM: NON-DROP FRAME\n\n";
  std::uint64_t played = 0;
  for (std::size_t i = 0; i < shots.size(); i++) {
    const Shot& shot = shots[i];
    edl += text("%03zu  AX       V     C        ", i + 1) + edl_time(shot.first_frame, rate) + " " +
           edl_time(shot.end_frame, rate) + " " + edl_time(played, rate) + " " +
           edl_time(played + shot.frames(), rate) + "\n";
    played += shot.frames();
  }
  return edl;
}

}  // namespace gsttorch
