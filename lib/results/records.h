// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/results/shot_list.h"

namespace gsttorch {

/// One optical flow result of a frame. Empty strings and absent optionals are omitted from the
/// record; if `skipped` gives the reason for a missing result, the numbers are omitted too.
struct FlowRecord {
  std::string source;
  std::string model;
  std::string direction;
  std::optional<std::uint64_t> reference_pts;  ///< ns
  std::optional<std::int64_t> dt;              ///< ns
  unsigned iterations = 0;
  double mean_magnitude = 0;     ///< pixels
  double max_magnitude = 0;      ///< pixels
  std::optional<double> mean_x;  ///< of the mean vector, pixels
  std::optional<double> mean_y;
  bool is_flat = false;  ///< the vectors mean nothing; omitted if false
  std::string skipped;
  std::string dropped;        ///< why the result was not written to a file
  std::string file;           ///< relative to the results directory
  std::string backward_file;  ///< likewise; set if both directions were computed
  std::string confidence_file;
};

/// Statistics of one matching result of a frame. Fields are omitted as in FlowRecord, those of the
/// geometry also if none was requested.
struct MatchRecord {
  std::string source;
  std::string model;
  std::optional<std::uint64_t> reference_pts;  ///< ns
  std::optional<std::int64_t> dt;              ///< ns
  std::string reference;                       ///< the reference image's file
  std::uint64_t count = 0;
  double mean_confidence = 0;  ///< 0..1
  std::string geometry;
  std::uint64_t inliers = 0;
  double residual = 0;  ///< pixels, of the inliers
  std::string verdict;
  std::optional<std::array<double, 9>> matrix;  ///< row by row
  std::string skipped;
  std::string dropped;  ///< why there is no file of the matches
  std::string file;     ///< of the matches, relative to the results directory
};

/// The shot detection result of a frame.
struct ShotRecord {
  std::string source;
  std::string model;
  std::uint64_t frame = 0;  ///< frame number in the stream, which may differ from the record's
  unsigned shot = 0;        ///< from 0
  double score = 0;
  double threshold = 0;
  double distance = 0;
  double mean_luma = 0;              ///< 0..255
  std::vector<Boundary> boundaries;  ///< known with this frame
  std::string skipped;
};

/// Capture time of the image, by the clock that `caps` names ("timestamp/x-ntp").
struct ReferenceTimestamp {
  std::string caps;
  std::uint64_t timestamp = 0;  ///< ns
};

/// All results of one frame.
struct FrameRecord {
  std::uint64_t frame = 0;                   ///< index, from 0, of all sessions
  std::uint64_t session = 0;                 ///< index, from 0
  std::optional<std::uint64_t> pts;          ///< ns
  std::optional<std::uint64_t> stream_time;  ///< ns, position in the file
  std::optional<std::uint64_t> duration;     ///< ns
  std::optional<ReferenceTimestamp> reference_timestamp;
  std::vector<FlowRecord> flow;
  std::optional<ShotRecord> shot;
  std::vector<MatchRecord> matches;
};

/// Formats a line of results.jsonl, including the newline. Numbers that JSON cannot represent (NaN,
/// infinity) become null; bytes that are not UTF-8 are replaced.
std::string to_json_line(const FrameRecord& record);

/// The frame of a line of results.jsonl for a shot list, and the boundaries detected with it, in
/// the records' frame numbers; nullopt if the line has no shot result.
struct ShotLine {
  std::uint64_t session = 0;
  ShotListBuilder::Frame frame;
  std::vector<Boundary> boundaries;
};
std::optional<ShotLine> shot_line(const std::string& line);

/// Identifies the frame of a record.
struct RecordKey {
  std::uint64_t frame = 0;
  std::optional<std::uint64_t> pts;  ///< ns
  std::uint64_t session = 0;

  bool operator==(const RecordKey&) const = default;
};

/// Parses a line of results.jsonl without its newline; returns nullopt if it is not a record.
std::optional<RecordKey> record_key(const std::string& line);

}  // namespace gsttorch
