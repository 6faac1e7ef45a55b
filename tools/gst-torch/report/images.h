// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tools/gst-torch/report/report_data.h"

namespace gsttorch {

/// Small images of some frames, each once: data URIs by frame number.
class Images {
 public:
  /// Of the frames asked for, as far as the video is still there and can be sought in.
  static Images take(const ReportData& data, const std::vector<const ReportFrame*>& frames);

  bool has_frames() const { return !frames_.empty(); }
  bool has_flow() const { return !flow_.empty(); }
  float flow_range_px() const { return flow_range_px_; }  ///< the length of the fullest colour

  /// A figure: the frame, its flow beside it where there is one, and a line below.
  std::string figure(const ReportFrame& frame, const std::string& caption) const;

 private:
  void add_frames(const ReportData& data, const std::vector<const ReportFrame*>& frames);
  void add_flow(const ReportData& data, const std::vector<const ReportFrame*>& frames);

  std::map<std::uint64_t, std::string> frames_;
  std::map<std::uint64_t, std::string> flow_;
  float flow_range_px_ = 0;
};

/// Some frames at regular places; those with a flow file, unless these are less than half as many.
std::vector<const ReportFrame*> regular_frames(const ReportData& data, std::size_t count);
/// Those with most motion, the most first, and not of the same second.
std::vector<const ReportFrame*> most_moving(const ReportData& data, std::size_t count);
/// Those that took longest.
struct SlowFrame {
  const ReportFrame* frame = nullptr;
  double ms = 0;        ///< after the frame before
  std::string element;  ///< that had it longer than usual, the most; empty: none
  double element_ms = 0, element_usual_ms = 0;
};
std::vector<SlowFrame> slowest(const ReportData& data, std::size_t count);

/// Of a frame, from the start of the stream; 0 where it has no time.
double seconds_of(const ReportFrame& frame);

}  // namespace gsttorch
