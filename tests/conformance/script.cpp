// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tests/conformance/script.h"

#include <array>
#include <random>

namespace gsttorch::conformance {
namespace {

/// Integers from a Mersenne Twister, whose sequence the standard fixes; the distributions of the
/// standard library differ from one library to the next.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  /// 0 to `sides` - 1.
  int roll(int sides) { return static_cast<int>(engine_() % static_cast<std::uint64_t>(sides)); }
  bool one_in(int chances) { return roll(chances) == 0; }

 private:
  std::mt19937_64 engine_;
};

Setup make_setup(Dice& dice) {
  Setup setup;
  setup.tee = dice.one_in(4);
  setup.in_a_row = dice.one_in(4) ? 2 : 1;
  setup.pool = dice.one_in(3) ? 1 + dice.roll(4) : 0;
  setup.live = dice.one_in(4);
  setup.clocked = dice.one_in(6);
  setup.look_ahead = static_cast<unsigned>(dice.roll(4));
  setup.batch_size = 1 + dice.roll(3);
  setup.work_us = dice.one_in(3) ? dice.roll(400) : 0;
  setup.sets_properties = dice.one_in(5);
  return setup;
}

Step make_keeping(Dice& dice) {
  switch (dice.roll(22)) {
    case 0:
      return {Op::Caps, dice.roll(kCapsCount)};
    case 1:
    case 2:
      return {Op::Segment, dice.roll(kSegmentKinds)};
    case 3:
      return {Op::SegmentDone};
    case 4:
      return {Op::Gap};
    case 5:
      return {Op::Tag};
    case 6:
      return {Op::Custom};
    case 7:
      return {Op::CustomSticky};
    case 8:
      return {Op::CustomOob};
    case 9:
      return {Op::StreamStart};
    case 10:
    case 11:
      return {Op::Query, dice.roll(kQueryKinds)};
    case 12:
      return {Op::UpstreamEvent, dice.roll(kUpstreamEvents)};
    case 13:
      return {Op::SlowSink, dice.one_in(2) ? dice.roll(300) : 0};
    case 14:
      return dice.one_in(3) ? Step{Op::OtherPipeline} : Step{Op::Wait, dice.roll(300)};
    case 15:
      return {Op::List, 1 + dice.roll(4)};
    default:
      return {Op::Buffers, 1 + dice.roll(5), dice.one_in(2) ? kPlain : dice.roll(kBufferKinds)};
  }
}

Step make_discarding(Dice& dice) {
  switch (dice.roll(11)) {
    case 0:
    case 1:
    case 2:
      return {Op::Flush, dice.roll(2)};
    case 3:
      return {Op::FlushStopAlone};
    case 4:
      return {Op::FlushTwice};
    case 5:
      return {Op::EosThenFlush};
    case 6:
      return {Op::EosThenStream};
    case 7:
      return {Op::Unlink, dice.roll(2)};
    case 8:
      return {Op::SinkError, dice.roll(4)};
    case 9:
      return {Op::WorkError, dice.roll(2), dice.roll(2)};
    default:
      return {Op::StateCycle, dice.roll(2)};
  }
}

constexpr std::array kNames = {
    "Buffers",       "List",   "Caps",           "Segment",      "SegmentDone",
    "Gap",           "Tag",    "Custom",         "CustomSticky", "CustomOob",
    "StreamStart",   "Query",  "UpstreamEvent",  "SlowSink",     "OtherPipeline",
    "Wait",          "Flush",  "FlushStopAlone", "FlushTwice",   "EosThenFlush",
    "EosThenStream", "Unlink", "SinkError",      "StateCycle",   "WorkError"};

}  // namespace

Script make_script(std::uint64_t seed) {
  Dice dice(seed);
  Script script;
  script.seed = seed;
  script.discards = dice.one_in(2);
  script.setup = make_setup(dice);
  const int count = 3 + dice.roll(14);
  for (int i = 0; i < count; i++) {
    const bool discards = script.discards && dice.one_in(4);
    script.steps.push_back(discards ? make_discarding(dice) : make_keeping(dice));
  }
  return script;
}

std::string to_string(const Step& step) {
  return std::string(kNames.at(static_cast<std::size_t>(step.op))) + " " + std::to_string(step.a) +
         " " + std::to_string(step.b);
}

std::string to_string(const Script& script) {
  const Setup& s = script.setup;
  std::string text = "seed " + std::to_string(script.seed) + ": tee " + std::to_string(s.tee) +
                     ", in a row " + std::to_string(s.in_a_row) + ", pool " +
                     std::to_string(s.pool) + ", live " + std::to_string(s.live) + ", clocked " +
                     std::to_string(s.clocked) + ", look-ahead " + std::to_string(s.look_ahead) +
                     ", batch " + std::to_string(s.batch_size) + ", work " +
                     std::to_string(s.work_us) + " us, sets properties " +
                     std::to_string(s.sets_properties) + "\n";
  for (const Step& step : script.steps) text += "  " + to_string(step) + "\n";
  return text;
}

}  // namespace gsttorch::conformance
