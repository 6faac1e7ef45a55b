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

/// The file that lines are added to: results.jsonl of a results directory.
std::string results_path(const std::string& directory);

/// Where results.jsonl goes once it is full: the number is its first record's frame. Names sort in
/// the order of the stream, before results.jsonl.
std::string full_results_path(const std::string& directory, std::uint64_t first_frame);

/// All such files there are, in the order of the stream.
std::vector<std::string> full_results_files(const std::string& directory);

/// What an earlier run left in a results directory, whichever way it ended.
struct RecordedResults {
  std::optional<RecordKey> last;   ///< the last record of all; none where there is none
  std::optional<RecordKey> first;  ///< of results.jsonl
  std::uint64_t records = 0;       ///< in results.jsonl
  std::uint64_t whole_bytes = 0;   ///< of results.jsonl; what follows is a torn line
};

/// ErrorCode::Corrupt where the lines are no records. A directory without results holds none.
Result<RecordedResults> read_recorded_results(const std::string& directory);

/// "DIRECTORY/shots.csv"
std::string shot_list_path(const std::string& directory);

/// The shots that the records tell of, full files first; lines that say nothing of shots are
/// passed over.
std::vector<Shot> read_recorded_shots(const std::string& directory);

}  // namespace gsttorch
