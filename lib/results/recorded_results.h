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

/// The file to which records are appended: results.jsonl of a results directory.
std::string results_path(const std::string& directory);

/// The new name of results.jsonl once it is full, with the frame number of its first record. The
/// names sort in stream order, before results.jsonl.
std::string full_results_path(const std::string& directory, std::uint64_t first_frame);

/// Returns all such files, in the order of the stream.
std::vector<std::string> full_results_files(const std::string& directory);

/// The records of an earlier run in a results directory, however it ended.
struct RecordedResults {
  std::optional<RecordKey> last;   ///< the last record of all files
  std::optional<RecordKey> first;  ///< of results.jsonl
  std::uint64_t records = 0;       ///< in results.jsonl
  std::uint64_t whole_bytes = 0;   ///< of results.jsonl, without an incomplete last line
};

/// Returns ErrorCode::Corrupt if a line is not a record. A directory without results has none.
Result<RecordedResults> read_recorded_results(const std::string& directory);

/// "DIRECTORY/shots.csv"
std::string shot_list_path(const std::string& directory);

/// Returns the shots in the records, those of full files first; lines without a shot are skipped.
std::vector<Shot> read_recorded_shots(const std::string& directory);

}  // namespace gsttorch
