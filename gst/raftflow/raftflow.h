// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include <gst/video/video.h>

#include "lib/core/continuity.h"
#include "lib/core/result.h"
#include "lib/engine/flow_model.h"
#include "lib/gst/gsttorchenums.h"

namespace gsttorch {

/// The properties of a raftflow.
struct RaftFlowSettings {
  std::string model = "auto";
  std::string device = "auto";
  FlowOptions options;
  bool warm_start = false;
  guint lag = 1;
  guint inference_interval = 1;
  GstTorchAttach attach = GST_TORCH_ATTACH_FULL;
  bool post_messages = false;
};

/// What it has done since it was started.
struct RaftFlowStats {
  std::string model;   ///< name of the net, empty until it is loaded
  std::string device;  ///< where it runs
  double load_ms = 0;
  guint64 frames = 0;
  guint64 pairs = 0;        ///< flows computed
  guint64 skipped = 0;      ///< frames without one
  double inference_ms = 0;  ///< sum over all frames
};

/// The work of one raftflow element. `process`, `set_video_info` and `reset` belong to the
/// streaming thread; everything else may be called from any thread.
class RaftFlow {
 public:
  explicit RaftFlow(GstElement* element) : element_(element) {}  // the element owns this

  RaftFlowSettings settings() const;
  /// Calls `change(settings)` under the lock.
  template <typename Fn>
  void change_settings(Fn&& change) {
    const std::lock_guard lock(mutex_);
    change(settings_);
  }
  RaftFlowStats stats() const;

  /// Finds the weights file, which fails at once where there is none, and starts to load it.
  Result<void> start_loading();
  /// Gives the model back.
  void unload();

  /// Ends the inference that runs, if any, within one iteration, and refuses more.
  void cancel();
  /// Allows inference again after `cancel`.
  void resume();

  void set_video_info(const GstVideoInfo& info);
  /// Forgets earlier frames: the next one has nothing to be compared with.
  void reset();
  /// The next frame belongs to another segment, and may or may not go on from the last.
  void mark_segment() { marked_ = true; }

  /// Computes the flow to this frame and attaches it. The buffer's metadata must be writable.
  GstFlowReturn process(GstBuffer* buffer, const GstSegment& segment);

 private:
  struct Seen {
    std::uint64_t index;
    GstClockTime pts;
    std::shared_ptr<const FlowFrame> features;
  };
  struct Loaded {
    std::unique_ptr<FlowModel> model;
    double load_ms = 0;
  };
  // What the streaming thread remembers of the stream; forgotten by assigning a default.
  struct State {
    Continuity continuity;
    std::uint64_t next_index = 0;
    std::deque<Seen> seen;  // oldest first, at most `lag` old
    std::shared_ptr<const FlowState> warm_start;
    std::uint64_t warm_start_index = 0;  // of the later frame of the pair that left it
    int max_size = 0;
    guint lag = 1;
  };
  struct Outcome {
    const Seen* reference = nullptr;
    const char* skipped = nullptr;
    std::optional<FlowResult> flow;
  };

  FlowModel* model();
  bool begins_anew(GstBuffer* buffer, const RaftFlowSettings& settings);
  Result<Outcome> infer(GstBuffer* buffer, const RaftFlowSettings& settings);
  Result<std::shared_ptr<const FlowFrame>> encode(GstBuffer* buffer, const FlowOptions& options);
  void attach(GstBuffer* buffer, const RaftFlowSettings& settings, const Outcome& outcome) const;
  void post(GstBuffer* buffer, const GstSegment& segment, const Outcome& outcome) const;
  std::stop_token stop_token() const;

  GstElement* const element_;
  mutable std::mutex mutex_;
  RaftFlowSettings settings_;  // guarded by mutex_
  RaftFlowStats stats_;        // guarded by mutex_
  std::stop_source stop_;      // guarded by mutex_

  std::future<Result<Loaded>> loading_;
  std::unique_ptr<FlowModel> model_;
  GstVideoInfo info_ = {};
  State state_;
  bool marked_ = false;  // streaming thread: a new segment came
};

}  // namespace gsttorch
