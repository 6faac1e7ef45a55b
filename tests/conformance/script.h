// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gsttorch::conformance {

/// What happens to the pads of an element. The numbers of a Step give the details.
enum class Op {
  Buffers,        ///< a: how many; b: BufferKind
  List,           ///< a: how many, in one GstBufferList
  Caps,           ///< a: which of kCapsCount
  Segment,        ///< a: SegmentKind
  SegmentDone,    ///< a GAP-less end of a segment
  Gap,            ///< a gap event
  Tag,            ///< a tag list
  Custom,         ///< a serialized custom event
  CustomSticky,   ///< a sticky custom event
  CustomOob,      ///< a custom event that is not serialized
  StreamStart,    ///< a new stream id
  Query,          ///< a: QueryKind; the script waits for the answer
  UpstreamEvent,  ///< a: which; sent to the source pad of the element
  SlowSink,       ///< a: microseconds that downstream sleeps for each buffer
  OtherPipeline,  ///< starts or stops another pipeline with the same element
  Wait,           ///< a: microseconds
  // What follows discards data.
  Flush,           ///< FLUSH_START and FLUSH_STOP; a: reset_time
  FlushStopAlone,  ///< FLUSH_STOP without a start
  FlushTwice,      ///< two FLUSH_START, two FLUSH_STOP
  EosThenFlush,    ///< EOS, data that is refused, then a flush
  EosThenStream,   ///< EOS, then STREAM_START, caps, segment and data
  Unlink,          ///< downstream is unlinked for a while; a: waits for the data before
  SinkError,       ///< a: which GstFlowReturn downstream gives until the flush that follows
  StateCycle,      ///< a: 0 PLAYING -> PAUSED -> PLAYING, 1 -> READY -> PLAYING
  WorkError,       ///< a: 0 the work returns an error, 1 throws; b: 1 while a serialized query
                   ///< waits and another thread flushes
};
inline constexpr int kFirstDiscarding = static_cast<int>(Op::Flush);

enum BufferKind {
  kPlain,
  kNoPts,
  kNoDuration,
  kDiscont,
  kSamePts,
  kJump,
  kCrop,
  kRegion,
  kTwoMemories,
  kForeignStride,
  kShared,  ///< the script keeps a reference
  kGapFlag,
  kBufferKinds
};
enum SegmentKind { kTime, kTimeAgain, kFast, kReverse, kBytes, kSegmentKinds };
enum QueryKind { kDrain, kCustomQuery, kAllocation, kAcceptCaps, kLatency, kPosition, kQueryKinds };
inline constexpr int kCapsCount = 4;
inline constexpr int kUpstreamEvents = 5;

struct Step {
  Op op;
  int a = 0, b = 0;
};

/// What surrounds the element, and how the element works; the latter means nothing to a queue.
struct Setup {
  bool tee = false;
  int in_a_row = 1;
  int pool = 0;  ///< buffers that the source has; 0: as many as it wants
  bool live = false;
  bool clocked = false;  ///< downstream takes a frame when its time has come
  unsigned look_ahead = 0;
  int batch_size = 1;
  int work_us = 0;               ///< how long the work on one frame takes
  bool sets_properties = false;  ///< another thread sets properties all the time
};

struct Script {
  std::uint64_t seed = 0;
  bool discards = false;  ///< has steps that throw data away
  Setup setup;
  std::vector<Step> steps;
};

/// The same script for the same seed, on every machine.
Script make_script(std::uint64_t seed);

/// For people: one line per step.
std::string to_string(const Script& script);
std::string to_string(const Step& step);

}  // namespace gsttorch::conformance
