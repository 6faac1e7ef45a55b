// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <string>

#include "lib/core/flow_view.h"
#include "lib/core/output_file.h"
#include "lib/core/records.h"
#include "lib/core/result.h"

namespace gsttorch {

/// The folder an analysis is written to: results.jsonl with a line per frame, and flow/*.flo.
/// Lines are gathered into large writes, and no write ends within a line: what is in the file is
/// always whole. Thread-bound.
class ResultsFolder {
 public:
  /// Creates the folder where it is missing, proves by writing a file that it can be written to,
  /// and empties results.jsonl. Only one object at a time can have a folder.
  static Result<ResultsFolder> create(const std::string& location);

  /// Where the flow of a frame goes, relative to the folder: "flow/000012.flo". A frame's further
  /// results are numbered: "flow/000012-1.flo".
  static std::string flow_file_name(std::uint64_t frame, unsigned number = 0);

  Result<void> write_line(const FrameRecord& record);
  Result<void> write_flow(const std::string& file_name, const FlowView& flow);
  Result<void> flush();  ///< gathered lines go to the file
  Result<void> close();  ///< flushes, and tells whether the file was stored

  std::uint64_t bytes_written() const { return results_.bytes_written() + flow_bytes_; }

 private:
  ResultsFolder(std::string location, OutputFile results);

  std::string location_;
  OutputFile results_;
  std::string pending_;
  std::uint64_t flow_bytes_ = 0;
  bool has_flow_folder_ = false;
};

}  // namespace gsttorch
