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

/// Where in its stream a meter is: from the segment, the time stamps and what upstream says of the
/// duration. The streaming thread notes, any other may ask.
class StreamProgress {
 public:
  // On the streaming thread.
  void note(const GstSegment& segment, GstBuffer* buffer);
  void restart();  ///< a seek, another segment: what was left out is not done

  /// `state` has the frames, seconds and stages; what part is done is added. Asks upstream of the
  /// pad for the duration.
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
/// in ns, what is unknown left out.
PerfRecord to_record(const ProgressState& state, std::optional<std::uint64_t> position);

}  // namespace gsttorch
