// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>

#include <gst/video/video.h>

#include "lib/base/result.h"
#include "lib/gst/gsttorchenums.h"
#include "lib/gst/gsttorchshotmeta.h"
#include "lib/gst/util/ref.h"

namespace gsttorch {

/// Values of `max-lateness` that are no time: the duration of a frame, and no limit at all.
inline constexpr GstClockTimeDiff kLatenessOfAFrame = -1;
inline constexpr GstClockTimeDiff kAnyLateness = G_MAXINT64;

/// The properties that every analyser has.
struct AnalyzerSettings {
  guint inference_interval = 1;
  guint batch_size = 1;
  GstClockTime batch_timeout = 40 * GST_MSECOND;
  GstClockTimeDiff max_lateness = kLatenessOfAFrame;  // ns
  GstTorchAttach attach = GST_TORCH_ATTACH_FULL;
  bool post_messages = false;
};

/// What an analysis found in one frame; each analysis has its own kind.
class FrameResult {
 public:
  virtual ~FrameResult() = default;
  /// Whether there is a result. Where there is none yet (a pair's first frame), the work was less
  /// than it usually is.
  virtual bool has_result() const { return true; }
  /// Whether `publish` has all that it needs. Otherwise later frames decide the result.
  virtual bool is_decided() const { return true; }
};

class FrameImage;  // how models read pixels; the base class carries it and knows nothing of it

/// What a class above the base class keeps with a frame while it is inside the element
/// (lib/gst/model_analyzer). The base class says when each step is due.
class FramePixels {
 public:
  virtual ~FramePixels() = default;
  /// Access for one analysis. What it locks is unlocked with it.
  virtual std::shared_ptr<FrameImage> open() = 0;
  /// Whether elements downstream have a use for it. Otherwise it goes before the frame is pushed.
  virtual bool is_shared() const = 0;
  /// Leaves it on the buffer, whose metadata is writable.
  virtual void attach_to(GstBuffer* buffer) = 0;
};

/// Why a frame was not analysed; also the strings in metas.
inline constexpr char kSkippedInterval[] = "inference-interval";
inline constexpr char kSkippedLate[] = "late";
inline constexpr char kSkippedReverse[] = "reverse";
inline constexpr char kSkippedReference[] = "reference-loading";

/// One frame on its way through an analyser.
struct AnalyzedFrame {
  Ref<GstBuffer> buffer;
  GstVideoInfo info;       ///< of the caps, but with the size of the visible part
  GstVideoInfo caps_info;  ///< of the caps: to map the buffer
  GstSegment segment;
  std::uint64_t stream = 0;  ///< another number for each stream, and after each flush
  std::uint64_t index = 0;   ///< in the stream
  bool is_discont = false;   ///< does not continue from the frame before
  /// What a scenedetect upstream said of this frame, and of those before it that were not analysed.
  GstTorchShotBoundary boundary = GST_TORCH_SHOT_BOUNDARY_NONE;
  /// Why no result is wanted, or null. An analysis that needs the frame for a later one may still
  /// process it. Late frames are published without having been analysed.
  const char* skipped = nullptr;
  std::unique_ptr<FrameResult> result;  ///< the analysis' own; null where it was not analysed
  std::shared_ptr<FrameImage> image;    ///< only while the frame is analysed; see FramePixels
  std::shared_ptr<FramePixels> pixels;  ///< the analyser's own; null where nothing is kept

  /// Compares the strings, not their addresses: each library has a copy of its own.
  bool is_skipped(const char* why) const { return g_strcmp0(skipped, why) == 0; }
  GstClockTime pts() const { return GST_BUFFER_PTS(buffer.get()); }
};

/// The frame's result, for `publish`. A frame that was not analysed is given an empty one, whose
/// member `skipped` says why.
template <typename Own>
const Own& published_result(AnalyzedFrame& frame) {
  if (!frame.result) {
    auto empty = std::make_unique<Own>();
    empty->skipped = frame.skipped;
    frame.result = std::move(empty);
  }
  return static_cast<const Own&>(*frame.result);
}

/// What an analysis may ask of the element that it works for. Thread-safe.
class AnalyzerHost {
 public:
  virtual ~AnalyzerHost() = default;
  virtual GstElement* element() const = 0;
  virtual AnalyzerSettings settings() const = 0;
  /// The setting `post_messages`, for an element that has the property itself.
  virtual void set_post_messages(bool post) = 0;
  /// A line of the debug log, at level DEBUG.
  virtual void log(const std::string& /*text*/) const {}
  /// Posts an error if it is the first since the element was started: later ones follow from it.
  virtual void report(const Error& error) = 0;
  /// Runs work where `analyze` runs, and waits for it. Called by the thread that calls the
  /// analysis, outside of `analyze`. False where a flush or the end came before the work began:
  /// then it never runs.
  virtual bool run(std::function<void()> work) = 0;
  /// Whether upstream is live: frames cannot wait.
  virtual bool is_live() const = 0;
  /// Requested by a flush and by the end of the element: then nobody wants the result.
  virtual std::stop_token stop_token() const = 0;
  /// Pushes an event downstream. Only from `publish`: it comes before that frame.
  virtual void push_event(GstEvent* event) = 0;
};

/// The work of one element: maths and decisions. The analyser around it has the threads, the queue,
/// order, flushing and errors. Two threads call: one `publish`, the other everything else but
/// `start` and `stop`, which are called while neither runs. A frame is published after it was
/// analysed, or without: then it has no result and says why in `skipped`.
class Analysis {
 public:
  virtual ~Analysis() = default;

  /// From NULL to READY: verifies what can be verified at once (that a weights file is there), and
  /// begins what takes long (to load it).
  virtual Result<void> start() { return {}; }
  /// Waits for what `start` began. Called before the first frame.
  virtual Result<void> wait_until_ready(std::stop_token /*stop*/) { return {}; }
  /// From READY to NULL: frees everything.
  virtual void stop() {}

  /// Forgets earlier frames: another stream, or another position in it, begins. Frames that were
  /// analysed but not published are published all the same.
  virtual void reset() {}

  /// Before `analyze` of the same frames, in the analysis task itself: waits for what the work
  /// needs but does not compute (files). May set `skipped` of a frame. ErrorCode::Cancelled once
  /// `stop` is requested.
  virtual Result<void> prepare(std::span<AnalyzedFrame> /*frames*/, std::stop_token /*stop*/) {
    return {};
  }
  /// Analyses frames in order; runs on a worker where the class above the base class has workers.
  /// Long work checks `stop` between its steps and then ends with ErrorCode::Cancelled.
  virtual Result<void> analyze(std::span<AnalyzedFrame> frames, std::stop_token stop) = 0;

  /// How many later frames must be analysed before one is decided, usually. From any thread.
  virtual guint look_ahead() const { return 0; }
  /// Decides the frames up to this one as well as is possible now: they cannot wait for later ones.
  /// The sequence of frames continues.
  virtual void decide_until(std::uint64_t /*index*/) {}
  /// Decides all frames that wait for later ones: no more frames come, or unrelated ones.
  virtual void decide_all() {}

  /// Attaches, posts and pushes what was found. The buffer's metadata is writable; the frame is
  /// pushed after.
  virtual void publish(AnalyzedFrame& frame) = 0;

  /// Adds the analysis' own fields to the element's `stats`. From any thread.
  virtual void add_stats(GstStructure* /*stats*/) const {}
};

}  // namespace gsttorch
