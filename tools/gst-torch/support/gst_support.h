// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <gst/gst.h>

#include "lib/base/result.h"
#include "lib/gst/util/ref.h"

namespace gsttorch {

/// What an error or warning message says: for people, and for those who look closer.
struct MessageText {
  std::string source;  ///< name of the element
  std::string text;
  std::string details;
  ErrorCode code = ErrorCode::Failed;  ///< of an error
};
MessageText read_message(GstMessage* message);

/// A pipeline that is stopped when this goes out of scope.
class Pipeline {
 public:
  explicit Pipeline(Ref<GstElement> pipeline) : pipeline_(std::move(pipeline)) {}
  Pipeline(Pipeline&&) = default;
  Pipeline& operator=(Pipeline&&) = delete;
  ~Pipeline();

  GstElement* get() const { return pipeline_.get(); }
  Ref<GstElement> element(const char* name) const;
  /// The first element that this factory made; none is null.
  Ref<GstElement> made_by(const char* factory) const;
  Ref<GstBus> bus() const;

  /// Decodes the first frame and waits there.
  Result<void> preroll(GstClockTime timeout);
  Result<void> run_to_end();
  /// The same, but ErrorCode::Cancelled soon after an Interrupt: what it wrote is not whole.
  Result<void> run_unless_interrupted();
  void stop();

 private:
  Ref<GstMessage> wait_for(GstMessageType type, GstClockTime timeout);

  Ref<GstElement> pipeline_;
};

/// That the pad is in now; none where it is not one of times.
std::optional<GstSegment> segment_at(GstPad* pad);

/// Difference between the PTS at an element's pad "sink" and stream time, in which seeks are given:
/// containers may start later than 0.
GstClockTimeDiff pts_offset(GstElement* element);

/// The position in the file of a buffer of this timestamp at a pad, in ns; none without a timestamp
/// or a segment of times, and outside the segment.
std::optional<std::uint64_t> stream_time_at(GstPad* pad, GstClockTime timestamp);

/// When a buffer of this timestamp is due at a pad, in ns: negative before the segment begins; none
/// without a timestamp or a segment of times.
std::optional<std::int64_t> running_time_at(GstPad* pad, GstClockTime timestamp);

/// The contents of a buffer; empty if they cannot be mapped.
std::string bytes_of(GstSample* sample);

/// As gst-launch-1.0 reads it.
Result<Pipeline> parse_pipeline(const std::string& text);

bool has_element(const char* factory);

/// A text in the `stats` of a model element, such as `model` "transnetv2"; none while no model is
/// loaded.
std::optional<std::string> stats_text(GstElement* element, const char* field);

}  // namespace gsttorch
