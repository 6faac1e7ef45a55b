// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include "tools/gst-torch/report/images.h"
#include "tools/gst-torch/report/report_data.h"

namespace gsttorch {

// The parts of a report, as markup. Empty where there is nothing to show.

std::string summary_section(const ReportData& data);
std::string contact_sheet_section(const ReportData& data, const Images& images,
                                  const std::vector<const ReportFrame*>& frames);
std::string stage_sections(const ReportData& data);  ///< one for each stage with results
std::string extremes_section(const ReportData& data, const Images& images);
std::string performance_section(const ReportData& data);
std::string settings_section(const ReportData& data);

// What is between the headings of the stages' sections.
std::string motion_content(const ReportData& data);
std::string shots_content(const ReportData& data);
std::string matches_content(const ReportData& data);

/// "done", "failed: ..." and the like, as run.json says.
std::string state_badge(const nlohmann::ordered_json& run);
/// The file name of the video; the directory's, where it is not known.
std::string video_name(const ReportData& data);

}  // namespace gsttorch
