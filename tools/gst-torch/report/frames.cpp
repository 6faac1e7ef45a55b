// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <map>

#include "tools/gst-torch/report/sections.h"
#include "tools/gst-torch/support/html.h"

namespace gsttorch {
namespace {

std::string place(const ReportFrame& frame) {
  return "<b>" + format_time(seconds_of(frame)) + "</b> frame " + std::to_string(frame.frame);
}

std::string with_motion(const ReportFrame& frame) {
  std::string text = place(frame);
  if (frame.mean_motion) text += "<br>" + format_number(frame.mean_motion, 2) + " px mean motion";
  return text;
}

std::string legend(const Images& images) {
  if (!images.has_flow()) return "";
  return "<p class=note>Below each frame is its optical flow: hue is the direction, white is no "
         "motion, full saturation is " +
         format_number(static_cast<double>(images.flow_range_px()), 1) +
         " px from one frame to the next (the same in all images), and darker is more.</p>\n";
}

std::string shots(const std::string& figures) { return "<div class=shots>" + figures + "</div>\n"; }

std::string moving_frames(const ReportData& data, const Images& images) {
  std::string figures;
  for (const ReportFrame* frame : most_moving(data, 4)) {
    figures += images.figure(*frame, with_motion(*frame));
  }
  if (figures.empty()) return "";
  return "<h3>Most motion</h3><p class=note>By the mean magnitude of the flow, at most one frame "
         "per "
         "second.</p>" +
         shots(figures);
}

std::string slow_frames(const ReportData& data, const Images& images) {
  std::string figures;
  for (const SlowFrame& slow : slowest(data, 4)) {
    std::string words = place(*slow.frame) + "<br>" + format_number(slow.ms, 0) + " ms";
    if (!slow.element.empty()) {
      words += "<br>" + escaped(slow.element) + " took " + format_number(slow.element_ms, 0) +
               " ms, usually " + format_number(slow.element_usual_ms, 0);
    }
    figures += images.figure(*slow.frame, words);
  }
  if (figures.empty()) return "";
  return "<h3>Slowest</h3><p class=note>By the time since the frame before, at the end of the "
         "pipeline, with the element that took longer than usual.</p>" +
         shots(figures);
}

std::string skipped_frames(const ReportData& data) {
  std::map<std::string, std::vector<const ReportFrame*>> reasons;
  for (const ReportFrame& frame : data.frames) {
    if (!frame.skipped.empty()) reasons[frame.skipped].push_back(&frame);
  }
  if (reasons.empty()) return "";
  Table table("Frames without motion",
              {{"reason", Table::Align::Text}, {"frames"}, {"first"}, {"last"}});
  for (const auto& [reason, frames] : reasons) {
    table.row({escaped(reason), format_count(frames.size()),
               format_time(seconds_of(*frames.front())), format_time(seconds_of(*frames.back()))});
  }
  return "<h3>Without a result</h3>" + table.html();
}

}  // namespace

std::string contact_sheet_section(const ReportData& data, const Images& images,
                                  const std::vector<const ReportFrame*>& frames) {
  std::string text = "<section><h2>Contact sheet</h2>\n";
  if (!images.has_frames()) {
    text += "<p class=note>No frames are shown: the video was moved or is not seekable.</p>\n";
  }
  if (!images.has_frames() && !images.has_flow()) return text + "</section>\n";
  std::string figures;
  for (const ReportFrame* frame : frames) figures += images.figure(*frame, with_motion(*frame));
  return text + legend(images) + shots(figures) + "</section>\n";
}

std::string extremes_section(const ReportData& data, const Images& images) {
  const std::string text =
      moving_frames(data, images) + slow_frames(data, images) + skipped_frames(data);
  if (text.empty()) return "";
  return "<section><h2>Notable frames</h2>\n" + text + "</section>\n";
}

}  // namespace gsttorch
