// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "tools/gst-torch/bench/bench_frames.h"
#include "tools/gst-torch/support/settings.h"

namespace gsttorch {

struct BenchSettings {
  ComputeSettings compute;
  std::string scenes_model = "resnet18-lite";
  std::string flow_model = "raft-small";
  std::string match_model = "loftr-lite";
  int iterations = 12;  ///< of flow
  int max_size = 0;     ///< of flow and matches: longer side inside the model, in pixels; 0: all
  int batch = 1;        ///< frames per call
  int streams = 1;      ///< of the pipeline, at the same time
  int threads = 0;      ///< of an operation; 0: as many as there are cores
};

/// Something whose time per frame is measured. Thread-bound.
class Contender {
 public:
  virtual ~Contender() = default;

  virtual std::string model() const = 0;       ///< what computes: "raft-small"
  virtual std::string device() const = 0;      ///< where: "cpu"
  virtual double load_ms() const = 0;          ///< from nothing until the first frame can come
  virtual std::size_t peak_bytes() const = 0;  ///< of tensors, since the start

  /// Processes at least this number of frames, continuing with the video, from pixels in memory to
  /// results in memory. Returns the time of each, ms. The first frames of all take longer.
  virtual Result<std::vector<double>> run(std::size_t frames) = 0;
};

/// One model; `stage` is "scenes", "flow" or "matches". `frames` outlives it.
Result<std::unique_ptr<Contender>> make_model_contender(const std::string& stage,
                                                        const BenchSettings& settings,
                                                        const BenchFrames& frames);

/// All three models in a GStreamer pipeline with queues, for each stream. Its times are those
/// between frames at the end, which are shared by the streams.
Result<std::unique_ptr<Contender>> make_pipeline_contender(const BenchSettings& settings,
                                                           const BenchFrames& frames);

}  // namespace gsttorch
