// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <utility>

#include <gst/video/video.h>

#include "lib/base/result.h"
#include "lib/engine/frame_image.h"
#include "lib/gst/gsttorchenums.h"
#include "lib/gst/gsttorchshotmeta.h"
#include "lib/gst/runtime/models.h"
#include "lib/gst/util/ref.h"

namespace gsttorch {

class SharedFrame;

/// Values of `max-lateness` that are no time: the duration of a frame, and no limit at all.
inline constexpr GstClockTimeDiff kLatenessOfAFrame = -1;
inline constexpr GstClockTimeDiff kAnyLateness = G_MAXINT64;

/// The properties that every analyser has.
struct AnalyzerSettings {
  std::string model = "auto";
  std::string device = "auto";
  GstTorchPrecision precision = GST_TORCH_PRECISION_AUTO;
  guint inference_interval = 1;
  guint batch_size = 1;
  GstClockTime batch_timeout = 40 * GST_MSECOND;
  GstClockTimeDiff max_lateness = kLatenessOfAFrame;  // ns
  guint64 memory_limit = 0;                           // bytes; 0: the runtime's
  GstTorchAttach attach = GST_TORCH_ATTACH_FULL;
  bool post_messages = false;

  /// Those of a model, whose weights file is known.
  ModelOptions model_options(std::string path) const {
    return {std::move(path), device, static_cast<Precision>(precision)};
  }
};

/// What an analysis found out about one frame; each has its own kind.
class FrameResult {
 public:
  virtual ~FrameResult() = default;
  /// Whether there is a result. Where there is none yet (a pair's first frame), the work was less
  /// than it usually is.
  virtual bool has_result() const { return true; }
  /// Whether all is known that `publish` needs. Where it is not, later frames decide.
  virtual bool is_decided() const { return true; }
};

/// Why a frame was not analysed; also the words in metas.
inline constexpr char kSkippedInterval[] = "inference-interval";
inline constexpr char kSkippedLate[] = "late";
inline constexpr char kSkippedReverse[] = "reverse";
inline constexpr char kSkippedReference[] = "reference-loading";

/// One frame on its way through an analyser.
struct AnalyzedFrame {
  Ref<GstBuffer> buffer;
  GstVideoInfo info;  ///< of the caps, but with the size of what is to be seen
  GstSegment segment;
  std::uint64_t stream = 0;  ///< another number for each stream, and after each flush
  std::uint64_t index = 0;   ///< in the stream
  bool is_discont = false;   ///< does not continue from the frame before
  /// What a scenedetect upstream said of this frame, and of those before it that were not analysed.
  GstTorchShotBoundary boundary = GST_TORCH_SHOT_BOUNDARY_NONE;
  /// Why no result is wanted, or null. An analysis that needs the frame for a later one may still
  /// look at it. Late frames are published without having been analysed.
  const char* skipped = nullptr;
  std::shared_ptr<FrameImage> image;    ///< only while the frame is analysed
  std::unique_ptr<FrameResult> result;  ///< the analysis' own; null where it was not analysed
  std::shared_ptr<SharedFrame> shared;  ///< the analyser's own

  /// Whether that is why. The words, not their address: each library has a copy of its own.
  bool is_skipped(const char* why) const { return g_strcmp0(skipped, why) == 0; }
  GstClockTime pts() const { return GST_BUFFER_PTS(buffer.get()); }
};

/// What an analysis may ask of the element that it works for. Thread-safe.
class AnalyzerHost {
 public:
  virtual ~AnalyzerHost() = default;
  virtual GstElement* element() const = 0;
  virtual AnalyzerSettings settings() const = 0;
  /// The setting `post_messages`, for an element that has the property itself.
  virtual void set_post_messages(bool post) = 0;
  virtual Models& models() = 0;
  /// The element's `memory-limit`, else the runtime's; bytes, 0: none.
  virtual std::size_t memory_limit() const = 0;
  /// Bytes that the work may take in all: the element's `memory-limit`, or what the runtime's limit
  /// leaves at this moment beside what others hold; the largest number there is where nothing
  /// limits it. `held`: bytes that the work has taken of it already.
  virtual std::size_t available_memory(std::size_t held) const = 0;
  /// A line of the debug log, at level DEBUG.
  virtual void log(const std::string& /*text*/) const {}
  /// Posts an error, the first since the element was started; what follows from it is not news.
  virtual void report(const Error& error) = 0;
  /// Runs work on a worker of the device that `wait_until_ready` named, and waits. From the thread
  /// that calls the analysis, outside `analyze`, which is on a worker already.
  /// False where a flush or the end came before the work began: then it never ran.
  virtual bool run(std::function<void()> work) = 0;
  /// Whether upstream is live: frames cannot wait.
  virtual bool is_live() const = 0;
  /// Stopped by a flush, or the end of the element: what is computed then is not wanted.
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

  /// From NULL to READY: finds the weights, which fails at once where there are none, and begins to
  /// load them.
  virtual Result<void> start() = 0;
  /// Waits for what `start` began; the device that the work runs on. Called before the first frame.
  virtual Result<std::string> wait_until_ready(std::stop_token stop) = 0;
  /// From READY to NULL: gives everything back.
  virtual void stop() = 0;

  /// Forgets earlier frames: another stream, or another place in it, begins. Frames that were
  /// analysed but not published are published all the same.
  virtual void reset() = 0;

  /// Before `analyze` of the same frames, and not on a worker: waits for what the work needs but no
  /// worker makes (files). May set `skipped` of a frame. ErrorCode::Cancelled once `stop` is
  /// requested.
  virtual Result<void> prepare(std::span<AnalyzedFrame> /*frames*/, std::stop_token /*stop*/) {
    return {};
  }
  /// Analyses frames in order; runs on a worker of the device. `stop` is looked at between the
  /// steps of the model and ends the call with ErrorCode::Cancelled.
  virtual Result<void> analyze(std::span<AnalyzedFrame> frames, std::stop_token stop) = 0;

  /// How many later frames must be analysed before one is decided, usually. From any thread.
  virtual guint look_ahead() const { return 0; }
  /// Decides the frames up to this one as well as is possible now: they cannot wait for later ones.
  /// The sequence of frames continues.
  virtual void decide_until(std::uint64_t /*index*/) {}
  /// No more frames come, or others: decides those that still wait for later ones.
  virtual void decide_all() {}

  /// Attaches, posts and pushes what was found. The buffer's metadata is writable; the frame is
  /// pushed after.
  virtual void publish(AnalyzedFrame& frame) = 0;

  /// Adds the analysis' own fields to the element's `stats`. From any thread.
  virtual void add_stats(GstStructure* stats) const = 0;
};

}  // namespace gsttorch
