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

/// The full files of a results directory (full_results_path()), in the order of the stream.
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

/// The shots that the records tell of, full files first; lines that say nothing of shots are
/// passed over.
std::vector<Shot> read_recorded_shots(const std::string& directory);

}  // namespace gsttorch
