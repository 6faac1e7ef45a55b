// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include <gst/gst.h>

#include "lib/perf/perf_output.h"
#include "lib/perf/progress.h"

namespace gsttorch {

/// Position of a meter in its stream, from the segment, the timestamps and upstream's duration. The
/// streaming thread updates it, any other may read it.
class StreamProgress {
 public:
  // Called on the streaming thread.
  void note(const GstSegment& segment, GstBuffer* buffer);
  void restart();  ///< after a seek, for another segment: a skipped part does not count as done

  /// `state` has frames, seconds and stages; adds the completed share. Queries the duration
  /// upstream of the pad.
  void add_share(ProgressState& state, GstPad* sink_pad) const;

  std::optional<std::uint64_t> position() const;  ///< stream time, ns

 private:
  std::optional<std::uint64_t> end(GstPad* sink_pad) const;

  std::atomic<std::uint64_t> first_{GST_CLOCK_TIME_NONE};  // stream times
  std::atomic<std::uint64_t> position_{GST_CLOCK_TIME_NONE};
  std::atomic<std::uint64_t> begin_{0};
  std::atomic<std::uint64_t> stop_{GST_CLOCK_TIME_NONE};
};

/// {"percent", "buffers", "rate", "position", "remaining", "stages": [{"name", "buffers"}]}, times
/// in ns; unknown values are omitted.
PerfRecord to_record(const ProgressState& state, std::optional<std::uint64_t> position);

}  // namespace gsttorch
