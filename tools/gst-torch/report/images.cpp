// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/report/images.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "lib/formats/flow_file.h"
#include "tools/gst-torch/report/frame_grabber.h"
#include "tools/gst-torch/support/html.h"

namespace gsttorch {
namespace {

constexpr int kWidth = 224;  // pixels of an image

std::optional<FlowFile> flow_of(const ReportData& data, const ReportFrame& frame) {
  if (!frame.flow_file.ends_with(".flo")) return std::nullopt;
  auto flow = read_flow_file(data.directory + "/" + frame.flow_file);
  return flow ? std::optional(std::move(*flow)) : std::nullopt;
}

std::string path_of(const nlohmann::ordered_json& input) {
  g_autofree gchar* path = g_filename_from_uri(input.value("uri", "").c_str(), nullptr, nullptr);
  return path ? path : input.value("absolute_path", "");
}

std::string image(const std::string& uri, const std::string& alternative) {
  return "<img src=\"" + uri + "\" alt=\"" + escaped(alternative) + "\" width=224>";
}

}  // namespace

double seconds_of(const ReportFrame& frame) {
  return static_cast<double>(frame.time.value_or(frame.pts.value_or(0))) / 1e9;
}

Images Images::take(const ReportData& data, const std::vector<const ReportFrame*>& frames) {
  Images images;
  std::vector<const ReportFrame*> in_order = frames;
  std::sort(in_order.begin(), in_order.end(),
            [](const auto* a, const auto* b) { return a->frame < b->frame; });
  in_order.erase(std::unique(in_order.begin(), in_order.end()), in_order.end());
  images.add_frames(data, in_order);
  images.add_flow(data, in_order);
  return images;
}

void Images::add_frames(const ReportData& data, const std::vector<const ReportFrame*>& frames) {
  const auto input = data.run.find("input");
  if (input == data.run.end() || !input->is_object()) return;
  std::optional<int> stream;
  if (input->contains("stream")) stream = input->value("stream", 0);
  auto grabber = FrameGrabber::open(path_of(*input), stream, kWidth);
  if (!grabber) return;
  for (const ReportFrame* frame : frames) {
    if (!frame->pts) continue;
    if (const auto jpeg = grabber->frame_at(*frame->pts)) {
      frames_[frame->frame] = data_uri("image/jpeg", *jpeg);
    }
  }
}

// One range for all, so that colours can be compared; that of most, so that a cut does not pale
// all.
void Images::add_flow(const ReportData& data, const std::vector<const ReportFrame*>& frames) {
  std::vector<float> ranges;
  for (const ReportFrame* frame : frames) {
    if (const auto flow = flow_of(data, *frame)) ranges.push_back(robust_magnitude(flow->view()));
  }
  if (ranges.empty()) return;
  std::sort(ranges.begin(), ranges.end());
  flow_range_px_ = std::max(1.0f, ranges[(ranges.size() - 1) / 2]);
  for (const ReportFrame* frame : frames) {
    const auto flow = flow_of(data, *frame);
    if (!flow) continue;
    auto jpeg = flow_jpeg(flow->view(), {flow_range_px_}, kWidth);
    if (jpeg) flow_[frame->frame] = data_uri("image/jpeg", *jpeg);
  }
}

std::string Images::figure(const ReportFrame& frame, const std::string& caption) const {
  const std::string name = "frame " + std::to_string(frame.frame);
  std::string text = "<figure class=shot>";
  if (const auto at = frames_.find(frame.frame); at != frames_.end()) {
    text += image(at->second, name + " of the video");
  }
  if (const auto at = flow_.find(frame.frame); at != flow_.end()) {
    text += image(at->second, "optical flow of " + name + ", hue is direction");
  }
  return text + "<figcaption>" + caption + "</figcaption></figure>\n";
}

std::vector<const ReportFrame*> regular_frames(const ReportData& data, std::size_t count) {
  std::vector<const ReportFrame*> candidates;
  for (const ReportFrame& frame : data.frames) {
    if (!frame.flow_file.empty()) candidates.push_back(&frame);
  }
  if (2 * candidates.size() < std::min(count, data.frames.size() - 1)) {
    candidates.clear();
    for (const ReportFrame& frame : data.frames) candidates.push_back(&frame);
  }
  count = std::min(count, candidates.size());
  std::vector<const ReportFrame*> chosen;
  for (std::size_t i = 0; i < count; i++) {
    chosen.push_back(candidates[(2 * i + 1) * candidates.size() / (2 * count)]);
  }
  return chosen;
}

std::vector<const ReportFrame*> most_moving(const ReportData& data, std::size_t count) {
  std::vector<const ReportFrame*> frames;
  for (const ReportFrame& frame : data.frames) {
    if (frame.mean_motion) frames.push_back(&frame);
  }
  std::stable_sort(frames.begin(), frames.end(),
                   [](const auto* a, const auto* b) { return *a->mean_motion > *b->mean_motion; });
  std::vector<const ReportFrame*> chosen;
  std::set<long> seconds;
  for (const ReportFrame* frame : frames) {
    if (chosen.size() == count) break;
    if (frame->pts && !seconds.insert(std::lround(std::floor(seconds_of(*frame)))).second) continue;
    chosen.push_back(frame);
  }
  return chosen;
}

std::vector<SlowFrame> slowest(const ReportData& data, std::size_t count) {
  std::vector<SlowFrame> frames;
  const auto listed = data.run.find("slowest_frames");
  if (listed == data.run.end() || !listed->is_array()) return frames;
  for (const auto& entry : *listed) {
    if (!entry.is_object() || frames.size() == count) continue;
    const ReportFrame* frame = data.frame_at(entry.value("pts", std::uint64_t{0}));
    if (!frame) continue;
    frames.push_back({frame, entry.value("ms", 0.0), entry.value("element", ""),
                      entry.value("element_ms", 0.0), entry.value("element_usual_ms", 0.0)});
  }
  return frames;
}

}  // namespace gsttorch
