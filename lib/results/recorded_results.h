// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/results/records.h"

namespace gsttorch {

/// Lists all full files (full_results_path()), in stream order.
std::vector<std::string> full_results_files(const std::string& directory);

/// Results of an earlier run in a results directory, however that run ended.
struct RecordedResults {
  std::optional<RecordKey> last;   ///< the last record of all files; absent if there are none
  std::optional<RecordKey> first;  ///< of results.jsonl
  std::uint64_t records = 0;       ///< in results.jsonl
  std::uint64_t whole_bytes = 0;   ///< of results.jsonl, up to an incomplete last line
};

/// Fails with ErrorCode::Corrupt if a line is not a record. For a directory without results,
/// returns no records.
Result<RecordedResults> read_recorded_results(const std::string& directory);

/// Returns the frame number of a session's first record; 0 if there is none.
std::uint64_t first_frame_of_session(const std::string& directory, std::uint64_t session);

/// Reads the shots from the records, full files first; skips lines without shot results. A session
/// begins a shot.
std::vector<Shot> read_recorded_shots(const std::string& directory);

}  // namespace gsttorch
