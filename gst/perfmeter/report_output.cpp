// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/perfmeter/report_output.h"

#include <cstdio>
#include <utility>

namespace gsttorch {
namespace {

Result<void> print(const std::string& text) {
  const bool printed = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (!printed || std::fflush(stdout) != 0) {
    return Error{ErrorCode::WriteFailed, "cannot write to standard output"};
  }
  return {};
}

}  // namespace

Result<void> ReportOutput::open(PerfOutput output, const std::string& location) {
  const std::lock_guard lock(mutex_);
  output_ = output;
  location_ = location;
  file_.reset();
  if (output == PerfOutput::None || output == PerfOutput::Stdout) return {};
  if (location.empty()) {
    return Error{ErrorCode::BadArgument, std::string("output=") +
                                             (output == PerfOutput::Json ? "json" : "prometheus") +
                                             " requires the path of a file in output-location"};
  }
  return output == PerfOutput::Json ? open_json() : replace_file(location, "");
}

Result<void> ReportOutput::open_json() {
  auto file = OutputFile::create(location_);
  if (!file) return file.error();
  file_ = std::move(file).value();
  return {};
}

void ReportOutput::close() {
  const std::lock_guard lock(mutex_);
  file_.reset();
  output_ = PerfOutput::None;
}

Result<void> ReportOutput::write(const PerfRecord& record, ReportKind kind) {
  const std::lock_guard lock(mutex_);
  switch (output_) {
    case PerfOutput::None:
      break;
    case PerfOutput::Stdout:
      return print(kind == ReportKind::Last ? to_table(record) : to_readable_line(record));
    case PerfOutput::Json: {
      const std::string line = to_json_line(record);
      return file_->write(line.data(), line.size());
    }
    case PerfOutput::Prometheus:
      return replace_file(location_, to_prometheus(record));
  }
  return {};
}

}  // namespace gsttorch
