// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/analyze/frame_delays.h"

#include <algorithm>
#include <fstream>
#include <vector>

#include <nlohmann/json.hpp>

namespace gsttorch {
namespace {

using Json = nlohmann::ordered_json;

bool is_queue(const std::string& element) {
  return element.starts_with("queue") || element.starts_with("multiqueue");
}

double median(std::vector<double> times) {
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

// All times of each element, and those of the frames that are asked for.
struct Times {
  std::map<std::string, std::vector<double>> all;
  std::map<std::uint64_t, std::map<std::string, double>> of_frame;  // by PTS
};

void add(const Json& frame, const std::set<std::uint64_t>& wanted, Times& times) {
  if (!frame.is_object() || !frame.contains("pts") || !frame.contains("ms")) return;
  const auto pts = frame["pts"].get<std::uint64_t>();
  for (const auto& [element, ms] : frame["ms"].items()) {
    if (is_queue(element)) continue;
    times.all[element].push_back(ms.get<double>());
    if (wanted.contains(pts)) times.of_frame[pts][element] = ms.get<double>();
  }
}

}  // namespace

std::map<std::uint64_t, FrameDelay> read_frame_delays(const std::string& path,
                                                      const std::set<std::uint64_t>& pts) {
  Times times;
  std::ifstream in(path, std::ios::binary);
  for (std::string line; std::getline(in, line);) {
    add(Json::parse(line, nullptr, false), pts, times);
  }
  std::map<std::string, double> usual;
  for (const auto& [element, all] : times.all) usual[element] = median(all);
  std::map<std::uint64_t, FrameDelay> delays;
  for (const auto& [frame, elements] : times.of_frame) {
    FrameDelay most;
    for (const auto& [element, ms] : elements) {
      const FrameDelay delay{element, ms, usual[element]};
      if (delay.excess_ms() > most.excess_ms()) most = delay;
    }
    if (!most.element.empty()) delays[frame] = most;
  }
  return delays;
}

}  // namespace gsttorch
