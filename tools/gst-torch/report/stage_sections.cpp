// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <string_view>

#include "tools/gst-torch/report/sections.h"
#include "tools/gst-torch/support/html.h"
#include "tools/gst-torch/support/stages.h"

namespace gsttorch {
namespace {

// By the field of the records that they are made from.
constexpr struct {
  const char* field;
  std::string (*make)(const ReportData& data);
} kContents[] = {
    {"shot", shots_content},
    {"flow", motion_content},
    {"matches", matches_content},
};

std::string content_of(const Stage& stage, const ReportData& data) {
  for (const auto& content : kContents) {
    if (std::string_view(stage.field) == content.field) return content.make(data);
  }
  return "";
}

}  // namespace

std::string stage_sections(const ReportData& data) {
  std::string text;
  for (const Stage& stage : all_stages()) {
    const std::string content = content_of(stage, data);
    if (content.empty()) continue;
    text += "<section><h2>" + escaped(stage.heading) + "</h2>\n" + content + "</section>\n";
  }
  return text;
}

}  // namespace gsttorch
