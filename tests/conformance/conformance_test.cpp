// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors

// Random scripts of what a pad can meet, run on an element and on GStreamer's queue. Both have to
// deliver the same; where a script discards data, the same rules hold for what arrives.
//
// GST_TORCH_CONFORMANCE_SEED=N       the first seed (1)
// GST_TORCH_CONFORMANCE_SCRIPTS=N    how many scripts (300)
// GST_TORCH_CONFORMANCE_REPEAT=1     the script of the first seed again and again
// GST_TORCH_CONFORMANCE_ELEMENT=LINE another element than the fake analyser, such as
//                                    "raftflow model=raft-small iterations=1"
#include <cstdlib>

#include <gtest/gtest.h>

#include "tests/conformance/bed.h"
#include "tests/support/test_analyzer.h"

namespace gsttorch::conformance {
namespace {

std::uint64_t number(const char* variable, std::uint64_t otherwise) {
  const char* value = std::getenv(variable);
  return value ? std::strtoull(value, nullptr, 10) : otherwise;
}

Subject subject() {
  const char* line = std::getenv("GST_TORCH_CONFORMANCE_ELEMENT");
  return line ? Subject{line, false} : Subject{"testanalyzer", true};
}

TEST(Conformance, random_scripts_end_as_with_a_queue) {
  reset_test_work();
  const std::uint64_t first = number("GST_TORCH_CONFORMANCE_SEED", 1);
  const std::uint64_t count = number("GST_TORCH_CONFORMANCE_SCRIPTS", 300);
  const bool repeats = std::getenv("GST_TORCH_CONFORMANCE_REPEAT");
  for (std::uint64_t seed = first; seed < first + count; seed++) {
    const Script script = make_script(repeats ? first : seed);
    const Observation queue = run(script, {"queue", false});
    ASSERT_EQ(difference(script, queue, queue), "") << "queue itself: " << to_string(script);
    const std::string found = difference(script, queue, run(script, subject()));
    EXPECT_EQ(found, "") << to_string(script);
  }
}

}  // namespace
}  // namespace gsttorch::conformance
