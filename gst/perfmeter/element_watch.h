// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <gst/gst.h>

#include "gst/perfmeter/buffer_ring.h"
#include "gst/perfmeter/frame_times.h"
#include "lib/gst/util/ref.h"
#include "lib/perf/duration_histogram.h"
#include "lib/perf/perf_output.h"

namespace gsttorch {

class ElementWatch;

/// A watched pad. Data that its probe writes is written only by the thread that streams through it.
struct PadWatch {
  Ref<GstPad> pad;  // kept as long as the watch
  std::atomic<bool> is_gone{false};
  ElementWatch* element = nullptr;  // the owner
  gulong probe = 0;                 // guarded by the element's mutex_
  std::atomic<std::uint64_t> buffers{0};
  // Reference count of the pad when data last passed it. A thread that pushes to a pad or pulls
  // from it has a reference until it returns: while the count is not lower, a thread is inside.
  std::atomic<int> references_in_use{0};  // 0: no data yet
  bool was_in_use = false;                // at the last sample; sampling thread only

  // For a sink pad.
  BufferRing inside;

  // For a source pad.
  std::atomic<PadWatch*> partner{nullptr};  // sink pad by which its buffers entered
  std::atomic<bool> has_watched_peer{false};
  DurationHistogram processing;
  DurationHistogram queueing;
};

/// Measures how long buffers stay in an element, with probes on all of its pads. The probes take no
/// lock and allocate nothing. Still they cost as much as a light element does, so an element with
/// very many buffers is timed only part of the time, one turn out of twenty.
///
/// Thread-safe, except members marked as belonging to one thread. The element's signals and probes
/// share ownership of the watch, so that it stays valid for those that run while another thread
/// detaches it.
class ElementWatch : public std::enable_shared_from_this<ElementWatch> {
 public:
  enum class Role { Source, Decoder, Sink, Queue, Other };

  /// Starts timing only after `attach`. Adds times of single frames to `frames` unless it is null.
  static std::shared_ptr<ElementWatch> create(GstElement* element,
                                              std::shared_ptr<FrameTimes> frames);
  ~ElementWatch();

  /// Watches the element's pads from now on; does nothing after `detach`.
  void attach();
  /// Removes the probes and releases the element, permanently; keeps the measurements.
  void detach();

  Role role() const { return role_; }
  const std::string& name() const { return name_; }
  /// True if the element pushes its output from a thread of its own.
  bool has_thread() const { return has_thread_.load(std::memory_order_relaxed); }
  bool is_of(const GstElement* element) const { return element == id_; }
  std::vector<PadWatch*> pads(GstPadDirection direction) const;  ///< the present pads
  PerfRecord record() const;
  /// Name for users of the stage that the element performs on every frame: "decode", a model's
  /// name, "write"; empty for other elements.
  const std::string& stage() const { return stage_; }
  /// True once a pad of the element has carried video frames: not audio, nor a container's bytes.
  bool has_frames() const;
  /// Number of buffers that the element has finished; nullopt if some were not counted.
  std::optional<std::uint64_t> finished() const;

  /// Number of samples of the element, and the share of them in which it was working.
  std::uint64_t samples() const { return samples_.load(std::memory_order_relaxed); }
  double busy_share() const { return share(busy_samples_); }

  // For the sampling thread, some hundred times a second.
  struct Sample {
    bool is_busy = false;  ///< the element itself is working
    bool is_full = false;  ///< upstream waits inside it
  };
  /// Determines which pads are in use. Only reads and takes no stream lock.
  void update_pads();
  void count_sample(const Sample& sample);
  /// Decides whether to time the element now.
  void take_turn(std::uint64_t now);

 private:
  ElementWatch(GstElement* element, std::shared_ptr<FrameTimes> frames);
  double share(const std::atomic<std::uint64_t>& part) const;
  Ref<GstElement> element() const;
  void add_pad(GstPad* pad);
  void add_probe(PadWatch& pad);
  void start_timing();
  void stop_timing(GstPadDirection direction);
  std::uint64_t passed() const;
  void add_time(DurationHistogram& times, GstBuffer* buffer, std::uint64_t time);
  double rate_since_mark(std::uint64_t now) const;
  void set_mark(std::uint64_t now);
  void take_turn_always_timed(std::uint64_t now);
  void remove_pad(GstPad* pad);
  void pair_pads();
  PadWatch* partner_of(const PadWatch& source_pad, const std::vector<PadWatch*>& sinks) const;
  void add_levels(PerfRecord& record) const;

  void enter(PadWatch& pad, GstPadProbeInfo* info);
  void leave(PadWatch& pad, GstPadProbeInfo* info);
  void leave_other_thread(PadWatch& pad, GstBuffer* buffer, std::uint64_t now);
  static GstPadProbeReturn on_enter(GstPad*, GstPadProbeInfo* info, gpointer data);
  static GstPadProbeReturn on_leave(GstPad*, GstPadProbeInfo* info, gpointer data);

  const GstElement* const id_;  // only compared
  const std::string name_;
  const std::string factory_;
  const Role role_;
  const std::string stage_;
  const std::shared_ptr<FrameTimes> frames_;
  std::atomic<bool> has_thread_{false};
  mutable std::atomic<bool> has_frames_{false};  // stays true: stopped pads have no caps
  // Time and thread of the last entry; the time is 0 once the buffer has left.
  std::atomic<std::uint64_t> entered_at_{0};
  std::atomic<std::uintptr_t> entered_by_{0};

  mutable std::mutex mutex_;
  Ref<GstElement> element_;                      // guarded by mutex_
  std::vector<std::unique_ptr<PadWatch>> pads_;  // guarded by mutex_; never shrinks
  bool is_timing_ = true;                        // guarded by mutex_
  gulong pad_added_ = 0;                         // guarded by mutex_
  gulong pad_removed_ = 0;                       // guarded by mutex_

  // Written by the sampling thread, read by any thread.
  std::atomic<std::uint64_t> samples_{0};
  std::atomic<std::uint64_t> busy_samples_{0};
  std::atomic<std::uint64_t> full_samples_{0};
  std::atomic<std::uint64_t> turns_{0};
  std::atomic<std::uint64_t> untimed_turns_{0};

  // Sampling thread only.
  struct Mark {
    std::uint64_t passed = 0;
    std::uint64_t time = 0;
  };
  Mark mark_;
  bool is_in_turns_ = false;
  unsigned turn_ = 0;
};

}  // namespace gsttorch
