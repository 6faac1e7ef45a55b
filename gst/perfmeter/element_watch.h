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

/// One pad that is watched. What its probe writes, only the thread that streams through it writes.
struct PadWatch {
  Ref<GstPad> pad;  // for good
  std::atomic<bool> is_gone{false};
  ElementWatch* element = nullptr;  // which owns it
  gulong probe = 0;                 // guarded by the element's mutex_
  std::atomic<std::uint64_t> buffers{0};
  // References to the pad when data was last seen in it. Whoever pushes to a pad, or pulls from it,
  // holds one until it is back: while there are as many, somebody is inside.
  std::atomic<int> references_in_use{0};  // 0: not seen yet
  bool was_in_use = false;                // at the last look; of the thread that looks

  // Of a sink pad.
  BufferRing inside;

  // Of a source pad.
  std::atomic<PadWatch*> partner{nullptr};  // from which come the buffers that leave here
  std::atomic<bool> has_watched_peer{false};
  DurationHistogram processing;
  DurationHistogram queueing;
};

/// Times what passes an element, by probes on all of its pads. The probes take no lock and allocate
/// nothing. Still they cost as much as a light element does: one that very many buffers pass is
/// timed in turns, a while of twenty.
///
/// Thread-safe, but for what says that it belongs to one thread. The element's signals and probes
/// share the ownership of the watch, so that one that runs while another thread detaches it finds
/// it whole.
class ElementWatch : public std::enable_shared_from_this<ElementWatch> {
 public:
  enum class Role { Source, Decoder, Sink, Queue, Other };

  /// Nothing is timed before `attach`. Times of single frames go to `frames`, where that is not
  /// null.
  static std::shared_ptr<ElementWatch> create(GstElement* element,
                                              std::shared_ptr<FrameTimes> frames);
  ~ElementWatch();

  /// Follows the element's pads from now on; does nothing once the watch was detached.
  void attach();
  /// Takes the probes off and lets go of the element, for good; its figures stay.
  void detach();

  Role role() const { return role_; }
  const std::string& name() const { return name_; }
  /// Whether a thread of its own pushes what comes out.
  bool has_thread() const { return has_thread_.load(std::memory_order_relaxed); }
  bool is_of(const GstElement* element) const { return element == id_; }
  std::vector<PadWatch*> pads(GstPadDirection direction) const;  ///< those there are now
  PerfRecord record() const;
  /// What a user calls the step that the element does for every frame: "decode", a model's name,
  /// "write"; empty where it is none of them.
  const std::string& stage() const { return stage_; }
  /// Buffers that are done with; nothing where not all were seen.
  std::optional<std::uint64_t> finished() const;

  /// In how many samples the element was looked at, and the share of them in which it was at work.
  std::uint64_t samples() const { return samples_.load(std::memory_order_relaxed); }
  double busy_share() const { return share(busy_samples_); }

  // Of the thread that samples, some hundred times a second.
  struct Sample {
    bool is_busy = false;  ///< the element itself is at work
    bool is_full = false;  ///< upstream waits in it
  };
  /// Finds out which pads are in use. It only reads: no stream lock is taken.
  void update_pads();
  void count_sample(const Sample& sample);
  /// Decides whether the element is timed now.
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

  const GstElement* const id_;  // only ever compared
  const std::string name_;
  const std::string factory_;
  const Role role_;
  const std::string stage_;
  const std::shared_ptr<FrameTimes> frames_;
  std::atomic<bool> has_thread_{false};
  // When and by which thread it was entered last; 0 once the buffer left.
  std::atomic<std::uint64_t> entered_at_{0};
  std::atomic<std::uintptr_t> entered_by_{0};

  mutable std::mutex mutex_;
  Ref<GstElement> element_;                      // guarded by mutex_
  std::vector<std::unique_ptr<PadWatch>> pads_;  // guarded by mutex_; never shrinks
  bool is_timing_ = true;                        // guarded by mutex_
  gulong pad_added_ = 0;                         // guarded by mutex_
  gulong pad_removed_ = 0;                       // guarded by mutex_

  // Written by the thread that samples, read by any.
  std::atomic<std::uint64_t> samples_{0};
  std::atomic<std::uint64_t> busy_samples_{0};
  std::atomic<std::uint64_t> full_samples_{0};
  std::atomic<std::uint64_t> turns_{0};
  std::atomic<std::uint64_t> untimed_turns_{0};

  // Of the thread that samples.
  struct Mark {
    std::uint64_t passed = 0;
    std::uint64_t time = 0;
  };
  Mark mark_;
  bool is_in_turns_ = false;
  unsigned turn_ = 0;
};

}  // namespace gsttorch
