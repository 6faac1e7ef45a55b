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

/// One optical flow result of a frame. Empty strings and optionals are left out of the record;
/// where `skipped` says why there is no result, so are its figures.
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
  std::string skipped;
  std::string dropped;        ///< why there is no file of the result
  std::string file;           ///< relative to the results directory
  std::string backward_file;  ///< alike; both only where both directions were computed
  std::string confidence_file;
};

/// One matching result of a frame, in figures. Left out as in FlowRecord; the geometry's are absent
/// where none was asked for.
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

/// What shot detection says of a frame.
struct ShotRecord {
  std::string source;
  std::string model;
  std::uint64_t frame = 0;  ///< its number in the stream; record and stream may begin at others
  unsigned shot = 0;        ///< from 0
  double score = 0;
  double threshold = 0;
  double distance = 0;
  double mean_luma = 0;                      ///< 0..255
  std::vector<RecordedBoundary> boundaries;  ///< known with this frame
  std::string skipped;
};

/// When the image was taken, by a clock that `caps` names ("timestamp/x-ntp").
struct ReferenceTimestamp {
  std::string caps;
  std::uint64_t timestamp = 0;  ///< ns
};

/// All that is known of one frame.
struct FrameRecord {
  std::uint64_t frame = 0;                ///< index, from 0
  std::optional<std::uint64_t> pts;       ///< ns
  std::optional<std::uint64_t> duration;  ///< ns
  std::optional<ReferenceTimestamp> reference_timestamp;
  std::vector<FlowRecord> flow;
  std::optional<ShotRecord> shot;
  std::vector<MatchRecord> matches;
};

/// A line of results.jsonl, its newline included. Numbers that JSON cannot hold (NaN, infinity)
/// are null, bytes that are no UTF-8 are replaced.
std::string to_json_line(const FrameRecord& record);

/// The frame of a line of results.jsonl for a list of shots, and the boundaries that are known with
/// it, in the numbers of the records; nothing where the line says nothing of shots.
struct ShotLine {
  ShotListBuilder::Frame frame;
  std::vector<RecordedBoundary> boundaries;
};
std::optional<ShotLine> shot_line(const std::string& line);

/// Which frame a record is of.
struct RecordKey {
  std::uint64_t frame = 0;
  std::optional<std::uint64_t> pts;  ///< ns

  bool operator==(const RecordKey&) const = default;
};

/// Of a line of results.jsonl, without its newline; nothing where that is no record.
std::optional<RecordKey> record_key(const std::string& line);

}  // namespace gsttorch
