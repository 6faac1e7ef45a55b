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
#include "lib/core/duration_histogram.h"
#include "lib/core/perf_output.h"
#include "lib/gst/ref.h"

namespace gsttorch {

class ElementWatch;

/// One pad that is watched. What its probe writes, only the thread that streams through it writes.
struct PadWatch {
  Ref<GstPad> pad;  // for good
  std::atomic<bool> is_gone{false};
  ElementWatch* element = nullptr;  // which owns it
  gulong probe = 0;
  std::atomic<std::uint64_t> buffers{0};

  // Of a sink pad.
  BufferRing inside;

  // Of a source pad.
  std::atomic<PadWatch*> partner{nullptr};  // from which come the buffers that leave here
  DurationHistogram processing;
  DurationHistogram queueing;

  // For PipelineWatch, which alone sets them.
  std::atomic<PadWatch*> peer{nullptr};
  bool is_locked = false;
};

/// Times what passes an element, by probes on all of its pads. The probes take no lock and allocate
/// nothing. Still they cost as much as a light element does: one that very many buffers pass is
/// timed in turns, a while of twenty.
class ElementWatch : public std::enable_shared_from_this<ElementWatch> {
 public:
  enum class Role { Source, Decoder, Sink, Queue, Other };

  /// Times of single frames go to `frames`, where that is not null.
  static std::shared_ptr<ElementWatch> attach(GstElement* element,
                                              std::shared_ptr<FrameTimes> frames);
  ~ElementWatch();

  /// Takes the probes off and lets go of the element; its figures stay.
  void detach();

  Role role() const { return role_; }
  const std::string& name() const { return name_; }
  /// Whether a thread of its own pushes what comes out.
  bool has_thread() const { return has_thread_.load(std::memory_order_relaxed); }
  Ref<GstElement> element() const;
  std::vector<PadWatch*> pads(GstPadDirection direction) const;  ///< those there are now
  PerfRecord record() const;
  /// What a user calls the step that the element does for every frame: "decode", a net's name,
  /// "write"; empty where it is none of them.
  const std::string& stage() const { return stage_; }
  /// Buffers that are done with; nothing where not all were seen.
  std::optional<std::uint64_t> finished() const;

  /// To be called some hundred times a second: decides whether the element is timed now.
  void take_turn(std::uint64_t now);

  // How often the element itself was found at work, and how often upstream waited in it; touched by
  // PipelineWatch alone.
  std::uint64_t samples = 0;
  std::uint64_t busy_samples = 0;
  std::uint64_t full_samples = 0;
  double busy_share() const { return share(busy_samples); }

 private:
  ElementWatch(GstElement* element, std::shared_ptr<FrameTimes> frames);
  double share(std::uint64_t part) const {
    return samples ? static_cast<double>(part) / static_cast<double>(samples) : 0;
  }
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

  std::string name_;
  std::string factory_;
  Role role_;
  std::string stage_;
  std::shared_ptr<FrameTimes> frames_;
  std::atomic<bool> has_thread_{false};
  // When and by which thread it was entered last; 0 once the buffer left.
  std::atomic<std::uint64_t> entered_at_{0};
  std::atomic<std::uintptr_t> entered_by_{0};

  mutable std::mutex mutex_;
  Ref<GstElement> element_;                      // guarded by mutex_
  std::vector<std::unique_ptr<PadWatch>> pads_;  // guarded by mutex_; never shrinks
  bool is_timing_ = true;                        // guarded by mutex_

  // Of take_turn.
  struct Mark {
    std::uint64_t passed = 0;
    std::uint64_t time = 0;
  };
  Mark mark_;
  bool is_in_turns_ = false;
  unsigned turn_ = 0;
  std::uint64_t turns_ = 0;
  std::uint64_t timed_turns_ = 0;

  gulong pad_added_ = 0;
  gulong pad_removed_ = 0;
};

}  // namespace gsttorch
