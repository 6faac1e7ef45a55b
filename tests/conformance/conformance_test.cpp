// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors

// Random scripts of what a pad can meet, run on an element and on one of GStreamer's own: `queue`
// for those that have a queue and threads, a filter without threads for the others. Both have to
// deliver the same; where a script discards data, the same rules hold for what arrives.
//
// GST_TORCH_CONFORMANCE_SEED=N       the first seed (1)
// GST_TORCH_CONFORMANCE_SCRIPTS=N    how many scripts for each element (as in the table)
// GST_TORCH_CONFORMANCE_REPEAT=1     the script of the first seed again and again
// GST_TORCH_CONFORMANCE_ELEMENT=LINE another element for the case `chosen_element`, such as
//                                    "raftflow model=raft-small iterations=1"; its frames are large
// GST_TORCH_CONFORMANCE_LIMIT=N      seconds after which a script counts as a hang (30)
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/conformance/bed.h"
#include "tests/support/temp_directory.h"
#include "tests/support/test_analyzer.h"

namespace gsttorch::conformance {
namespace {

struct Comparison {
  const char* name;
  Subject subject;
  Subject reference;
  std::uint64_t scripts;
};
void PrintTo(const Comparison& comparison, std::ostream* out) { *out << comparison.name; }

std::uint64_t number(const char* variable, std::uint64_t otherwise) {
  const char* value = std::getenv(variable);
  return value ? std::strtoull(value, nullptr, 10) : otherwise;
}

/// What hangs uses data of the process, such as the work of the test analyser.
[[noreturn]] void end_process() {
  std::fflush(nullptr);
  std::_Exit(EXIT_FAILURE);
}

void compare(const Comparison& comparison) {
  reset_test_work();
  const std::uint64_t first = number("GST_TORCH_CONFORMANCE_SEED", 1);
  const std::uint64_t count = number("GST_TORCH_CONFORMANCE_SCRIPTS", comparison.scripts);
  const bool repeats = std::getenv("GST_TORCH_CONFORMANCE_REPEAT");
  std::vector<double> ms;  // of each script
  for (std::uint64_t seed = first; seed < first + count; seed++) {
    const auto began = std::chrono::steady_clock::now();
    const Script script = make_script(repeats ? first : seed);
    const auto reference = run(script, comparison.reference);
    if (!reference) continue;  // queue does, once in some thousand scripts: nothing to compare with
    ASSERT_EQ(difference(script, *reference, *reference), "")
        << comparison.reference.launch << " itself: " << to_string(script);
    const auto observed = run(script, comparison.subject);
    if (!observed) end_process();
    const std::string found = difference(script, *reference, *observed);
    EXPECT_EQ(found, "") << to_string(script);
    ms.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began)
                     .count());
  }
  std::nth_element(ms.begin(), ms.begin() + static_cast<std::ptrdiff_t>(ms.size() / 2), ms.end());
  testing::Test::RecordProperty("median_ms", std::to_string(ms[ms.size() / 2]));
}

class Conformance : public testing::TestWithParam<Comparison> {};

TEST_P(Conformance, random_scripts_end_as_with_an_element_of_gstreamer) { compare(GetParam()); }

INSTANTIATE_TEST_SUITE_P(
    elements, Conformance,
    testing::Values(Comparison{"analyser", {"testanalyzer", true}, {"queue"}, 1200},
                    Comparison{"perfmeter", {"perfmeter"}, {"identity"}, 200},
                    Comparison{"analysisoverlay",
                               {"analysisoverlay", false, true},
                               {"identity", false, true},
                               200}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(ConformanceOfWriter, random_scripts_end_as_with_an_element_of_gstreamer) {
  const TempDirectory directory;
  compare(
      {"analysiswriter", {"analysiswriter location=" + directory.path("{}")}, {"identity"}, 100});
}

TEST(ConformanceOfChosen, random_scripts_end_as_with_queue) {
  const char* line = std::getenv("GST_TORCH_CONFORMANCE_ELEMENT");
  if (!line) GTEST_SKIP() << "GST_TORCH_CONFORMANCE_ELEMENT names no element";
  compare({"chosen", {line, false, false, 8}, {"queue", false, false, 8}, 500});
}

}  // namespace
}  // namespace gsttorch::conformance
