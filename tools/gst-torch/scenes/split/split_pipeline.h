// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "tools/gst-torch/scenes/split/clip_files.h"
#include "tools/gst-torch/scenes/split/container.h"
#include "tools/gst-torch/scenes/split/encoder.h"
#include "tools/gst-torch/scenes/split/media_streams.h"
#include "tools/gst-torch/support/gst_support.h"

namespace gsttorch {

/// What goes into which files.
struct SplitJob {
  std::string video;
  Container container;
  std::string video_id;
  std::vector<std::string> audio_ids;
  std::optional<Encoder> encoder;       ///< none: packets are copied
  int width = 0, height = 0;            ///< of all images, if they are encoded
  std::string orientation;              ///< of the video: GStreamer's tag image-orientation
  bool turns_upright = false;           ///< turns the images, as the orientation says
  std::vector<std::int64_t> starts_ns;  ///< of each part but the first, as frames are timed
  std::vector<std::int64_t>
      signals_ns;  ///< the same, as requested of splitmuxsink: a little earlier
  /// Durations to write for some packets, by the number of the packet, counted from 0.
  std::map<std::uint64_t, std::int64_t> last_durations_ns;
};

/// Plays a file into splitmuxsink once. Thread-bound.
class SplitPipeline {
 public:
  static Result<SplitPipeline> create(const SplitJob& job);

  struct Counts {
    std::uint64_t packets = 0;  ///< of the video that came to the muxer
    std::size_t parts = 0;      ///< that were begun
  };
  Result<Counts> run(const SplitJob& job, const ClipFiles& files);

 private:
  explicit SplitPipeline(Pipeline pipeline) : pipeline_(std::move(pipeline)) {}

  Pipeline pipeline_;
};

}  // namespace gsttorch
