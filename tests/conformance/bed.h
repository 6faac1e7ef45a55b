// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/conformance/script.h"

namespace gsttorch::conformance {

/// What a test pad behind an element recorded while a script ran.
struct Observation {
  std::vector<std::string> arrivals;  ///< buffers and serialized events, in order
  std::vector<std::string> others;    ///< events that are not serialized, sorted
  std::vector<std::string> upstream;  ///< events that reached the pad before the element, sorted
  std::vector<std::string> returns;   ///< flow returns and answers to queries, as the script came
                                      ///< to them, once all that was pushed before had settled
  std::vector<std::string> sticky;    ///< events on the element's source pad before the last part
  std::vector<std::string> last;      ///< what arrived of the last part, after a flush
  std::vector<std::string> last_sticky;  ///< events on the test's sink pad at the end
  std::vector<std::string> errors;       ///< error messages on the bus
  std::vector<std::string> problems;  ///< rules that no element may break: order, duplicates, data
                                      ///< from before a flush, wrong caps or segment
};

/// The element that a script is run on.
struct Subject {
  std::string launch;        ///< "queue", "perfmeter"; {} becomes another number for each element
  bool is_analyzer = false;  ///< the test analyser, which the script's Setup tells how to work
  bool draws = false;        ///< changes pixels, and takes RGB
  int scale = 1;             ///< frames are so many times as large
};

/// Runs a script on an element between two pads. Nothing where that takes longer than the limit: it
/// hangs. Then, and before a signal ends the process, the script is printed.
std::optional<Observation> run(const Script& script, const Subject& subject);

/// What differs from what `reference` (GStreamer's own element) did, or empty.
std::string difference(const Script& script, const Observation& reference,
                       const Observation& observed);

}  // namespace gsttorch::conformance
