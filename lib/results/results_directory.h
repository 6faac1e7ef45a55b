// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "lib/base/result.h"
#include "lib/formats/flow_view.h"
#include "lib/formats/match_file.h"
#include "lib/formats/npy_file.h"
#include "lib/formats/output_file.h"
#include "lib/results/directory_lock.h"
#include "lib/results/recorded_results.h"
#include "lib/results/records.h"

namespace gsttorch {

/// Of the files in a results directory and what is in them. format.json carries it.
inline constexpr int kResultsVersion = 2;

enum class FlowFileType { Flo, Npz };
enum class MatchFileType { None, Csv, Npz };

/// The arrays of one result.
enum class FlowPart { Flow, Backward, Confidence };

/// One file of a frame's results.
struct FlowFileKey {
  std::uint64_t frame = 0;
  unsigned number = 0;  ///< of the result on its frame
  FlowPart part = FlowPart::Flow;
};

/// The directory an analysis is written to: results.jsonl with a line per frame, flow/*.flo,
/// matches/*.csv, and shots.csv.
/// Lines are gathered into large writes, and no write ends within a line: what is in the file is
/// always whole. Thread-bound.
class ResultsDirectory {
 public:
  enum class Earlier { Replace, Continue };
  struct Options {
    std::string location;
    Earlier earlier = Earlier::Replace;  ///< what becomes of results that are there
    std::uint64_t records_per_file =
        0;  ///< results.jsonl is put aside when it has so many; 0: never
  };

  /// Creates the directory where it is missing, proves by writing a file that it can be written to,
  /// and empties results.jsonl or cuts a torn line off its end. Only one object at a time can have
  /// a directory. Results of another version are refused.
  static Result<ResultsDirectory> create(const Options& options);

  /// An Error where the directory holds results of another version, which `create` would refuse.
  static Result<void> check_version(const std::string& directory, Earlier earlier);

  /// An Error unless the directory holds results of this version.
  static Result<void> check_readable(const std::string& directory);

  /// Where an array goes, relative to the directory: "flow/000012.flo", "flow/000012-backward.flo",
  /// "flow/000012-confidence.npy". A frame's further results are numbered: "flow/000012-1.flo".
  static std::string flow_file_name(const FlowFileKey& key, FlowFileType type = FlowFileType::Flo);

  /// Where the matches of a frame go: "matches/000012.csv"; of its further results
  /// "matches/000012-1.csv".
  static std::string match_file_name(std::uint64_t frame, unsigned number, MatchFileType type);

  /// The last record that was there, and stays.
  const std::optional<RecordKey>& last_recorded() const { return last_recorded_; }

  Result<void> write_line(const FrameRecord& record);
  /// In the format that the name ends with.
  Result<void> write_flow(const std::string& file_name, const FlowView& flow);
  Result<void> write_confidence(const std::string& file_name, const MapView& confidence);
  /// In the format that the name ends with.
  Result<void> write_matches(const std::string& file_name, const MatchRows& rows);
  /// shots.csv: the shots of all records so far.
  Result<void> write_shot_list();
  Result<void> flush();  ///< gathered lines go to the file
  Result<void> close();  ///< flushes; fails if the file could not be stored

  std::uint64_t records_written() const { return flushed_records_; }  ///< those in the files
  std::uint64_t bytes_written() const {
    return full_files_bytes_ + results_.bytes_written() + array_bytes_;
  }

 private:
  ResultsDirectory(Options options, DirectoryLock lock, OutputFile results,
                   const RecordedResults& recorded);
  Result<void> put_full_file_aside();
  enum class Subdirectory { Flow, Matches };
  Result<void> make_once(Subdirectory which);

  Options options_;
  DirectoryLock lock_;
  OutputFile results_;
  std::string pending_;
  std::uint64_t pending_records_ = 0;
  std::uint64_t flushed_records_ = 0;  // by this object
  std::optional<RecordKey> last_recorded_;
  std::uint64_t records_ = 0;      // in results.jsonl and pending
  std::uint64_t first_frame_ = 0;  // of them
  std::uint64_t full_files_bytes_ = 0;
  std::uint64_t array_bytes_ = 0;  // in files of flow and matches
  std::array<bool, 2> has_directory_ = {};
};

}  // namespace gsttorch
