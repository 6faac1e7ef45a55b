// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Memory that runs out anywhere between the load of a net and its last result: one error or a
// poorer result, never a crash, and nothing that stays.
#include "lib/engine/loader.h"
#include "tests/gst/runtime_fixture.h"

namespace gsttorch {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;
using testing::SizeIs;

class AllocationFailure : public RuntimeTest {
 protected:
  ~AllocationFailure() override { engine_->fail_allocation_after(-1); }

  /// Errors of a run in which the allocation after so many fails.
  std::vector<std::string> play_failing_after(std::int64_t allocations) {
    engine_->fail_allocation_after(allocations);
    const auto errors = play();
    engine_->fail_allocation_after(-1);
    return errors;
  }
  /// How many allocations a run needs: from there on none fails.
  std::int64_t count_allocations() {
    std::int64_t failing = 0, working = 1 << 20;
    while (working - failing > 1) {
      const std::int64_t middle = (failing + working) / 2;
      (play_failing_after(middle).empty() ? working : failing) = middle;
      begin_anew();
    }
    return working;
  }
  /// The next run loads the net again.
  void begin_anew() {
    results.clear();
    trim();
  }

  /// Runs with each `step`th allocation failing; no more than so many errors each.
  void try_all(std::int64_t step, std::size_t most_errors) {
    ASSERT_THAT(play(), IsEmpty());
    begin_anew();
    const guint64 tensors = stat("tensors");
    const std::int64_t most = count_allocations();
    ASSERT_GT(most, step) << "what fails here is no allocation of a run";
    for (std::int64_t n = 0; n <= most; n += step) {
      const auto errors = play_failing_after(n);
      ASSERT_THAT(errors, SizeIs(Le(most_errors))) << n;
      ASSERT_THAT(errors, Each(HasSubstr("memory"))) << n;
      begin_anew();
      ASSERT_EQ(stat("tensors"), tensors) << n;
    }
    EXPECT_THAT(play(), IsEmpty());
    EXPECT_THAT(results, SizeIs(kFrames));
  }

 private:
  Engine* const engine_ = load_engine().value();
};

// There are some hundred allocations, and each takes a tenth of a second to try: not all are.

TEST_F(AllocationFailure, anywhere_is_one_error_or_a_poorer_result_and_leaves_nothing) {
  make();
  try_all(13, 1);
}

TEST_F(AllocationFailure, of_what_two_elements_share_is_at_most_one_error_of_each) {
  const std::string flow = "raftflow iterations=2 device=cpu model=" + small_flow_net();
  GstElement* both =
      gst_parse_bin_from_description((flow + " ! " + flow + " lag=2").c_str(), TRUE, nullptr);
  pads = std::make_unique<TestPads>(both, GST_STATE_NULL);
  try_all(47, 2);
}

}  // namespace
}  // namespace gsttorch
