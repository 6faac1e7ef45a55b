// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "tools/gst-torch/compare/boundary_list.h"

namespace gsttorch {

/// Paths of files by the frame they belong to: "000012", or the file's name without its ending if
/// it is no number.
using FrameFiles = std::map<std::string, std::string>;

/// The results of one program for one video: the files, unread, and the shots.
struct ResultSet {
  std::string directory;
  FrameFiles flow;
  FrameFiles matches;
  std::optional<BoundaryList> boundaries;  ///< none: there is no list of shots

  // Only of a directory with results.jsonl.
  std::optional<std::uint64_t> frames;      ///< number of records
  std::optional<std::pair<int, int>> size;  ///< width and height of the video
  std::string flow_direction;               ///< on which grid flow is, if known
};

/// Opens a directory that `gst-torch analyze` or analysiswriter wrote, or else one of another
/// program with flow/, matches/ and a list of shots, as far as it has them.
Result<ResultSet> open_result_set(const std::string& directory);

/// The files with flow in a directory, or in its subdirectory flow/ if there is one.
Result<FrameFiles> open_ground_truth(const std::string& directory);

/// An Error if the sets are certainly not of the same frames.
Result<void> check_same_frames(const ResultSet& one, const ResultSet& other);

/// "000012" for "12.flo", "000012.npy" and "frame_012.flo"; "Grove2" for "Grove2.flo". A name
/// stands for a frame's number if its only digits are at its end, alone or after "_" or "-".
std::string frame_of(const std::string& file_name);

}  // namespace gsttorch
