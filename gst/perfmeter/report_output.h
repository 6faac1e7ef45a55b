// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "lib/formats/output_file.h"
#include "lib/perf/perf_output.h"

namespace gsttorch {

enum class PerfOutput { None, Stdout, Json, Prometheus };
enum class ReportKind { Running, Last };

/// Writes reports to stdout or a file. Thread-safe.
class ReportOutput {
 public:
  /// Fails if later writes could not succeed.
  Result<void> open(PerfOutput output, const std::string& location);
  void close();

  Result<void> write(const PerfRecord& record, ReportKind kind);

 private:
  Result<void> open_json();

  std::mutex mutex_;
  PerfOutput output_ = PerfOutput::None;  // guarded by mutex_
  std::string location_;                  // guarded by mutex_
  std::optional<OutputFile> file_;        // guarded by mutex_
};

}  // namespace gsttorch
