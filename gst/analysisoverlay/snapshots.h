// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <thread>

#include <gst/video/video.h>

#include "gst/analysisoverlay/frame_painter.h"
#include "gst/analysisoverlay/overlay_settings.h"
#include "lib/base/bounded_queue.h"
#include "lib/formats/path_pattern.h"
#include "lib/gst/util/ref.h"

namespace gsttorch {

/// Draws single frames and encodes them into files on a thread of its own. It never blocks the
/// stream: frames that it cannot keep up with are dropped and counted. Thread-safe, except start
/// and stop.
class Snapshots {
 public:
  struct Frame {
    std::uint64_t number = 0;
    Ref<GstBuffer> buffer;
    GstVideoInfo info{};
    OverlaySettings settings;
    ShotPainter shots;      ///< state at this frame
    ReferenceSource other;  ///< image to show beside it
  };
  struct Counts {
    std::atomic<std::uint64_t> written{0};
    std::atomic<std::uint64_t> dropped{0};
    std::atomic<std::uint64_t> failed{0};
  };

  /// The element owns this object and outlives it.
  explicit Snapshots(GstElement* element) : element_(element), painter_(element) {}
  ~Snapshots() { stop(); }

  /// Fails before anything is written if the pattern or its directory cannot be used.
  Result<void> start(const std::string& pattern);
  void stop();  ///< returns once the accepted frames are written

  void offer(Frame frame);
  const Counts& counts() const { return counts_; }

 private:
  // Called on the snapshot thread.
  void run();
  Result<void> write(const Frame& frame);
  Ref<GstBuffer> paint(const Frame& frame, const GstVideoInfo& info);
  void keep_at_most(unsigned files);
  void fail(const Error& error);

  GstElement* const element_;
  FramePainter painter_;
  std::optional<PathPattern> paths_;
  Ref<GstCaps> encoded_;             // caps of the files
  std::deque<std::string> written_;  // oldest first
  bool has_warned_ = false;
  Counts counts_;
  BoundedQueue<Frame> queue_;
  std::thread thread_;
};

}  // namespace gsttorch
