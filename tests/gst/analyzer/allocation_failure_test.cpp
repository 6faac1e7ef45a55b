// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Lets each allocation between the load of a model and its last result fail in turn. The element
// must post one error or give a reduced result; it never crashes and leaks nothing.
#include <atomic>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "lib/engine/loader.h"
#include "lib/gst/gsttorchmatchmeta.h"
#include "lib/gst/gsttorchshotmeta.h"
#include "tests/gst/runtime/runtime_fixture.h"
#include "tests/support/loftr_model.h"
#include "tests/support/match_results.h"
#include "tests/support/parse.h"

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

  /// The errors of a run in which the allocation after the first `allocations` fails.
  std::vector<std::string> play_failing_after(std::int64_t allocations) {
    has_warned_ = false;
    engine_->fail_allocation_after(allocations);
    const auto errors = play();
    engine_->fail_allocation_after(-1);
    return errors;
  }
  /// Number of allocations of a run. Each failure before that must cause an error or a warning.
  std::int64_t count_allocations() {
    std::int64_t failing = 0, working = 1 << 20;
    while (working - failing > 1) {
      const std::int64_t middle = (failing + working) / 2;
      const bool failed = !play_failing_after(middle).empty() || has_warned_;
      (failed ? failing : working) = middle;
      restart();
    }
    return working;
  }
  /// Makes the next run load the model again.
  void restart() {
    results.clear();
    trim();
  }

  /// Creates an element, or several in a row, between two pads, without starting.
  void make_bin(const std::string& line) {
    pads = std::make_unique<TestPads>(parse_bin(line), GST_STATE_NULL);
    const auto bus = Ref<GstBus>::adopt(gst_element_get_bus(pads->element()));
    gst_bus_set_sync_handler(
        bus.get(),
        [](GstBus*, GstMessage* message, gpointer test) {
          if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_WARNING) {
            static_cast<AllocationFailure*>(test)->has_warned_ = true;
          }
          return GST_BUS_PASS;
        },
        this, nullptr);
  }

  /// Text by which results are compared. A run without an error and without a warning about reduced
  /// work must have the same results as one in which no allocation fails.
  std::function<std::string(GstBuffer*)> describe = [](GstBuffer*) { return ""; };
  std::vector<std::string> described() {
    std::vector<std::string> all;
    for (const Ref<GstBuffer>& result : results) all.push_back(describe(result.get()));
    return all;
  }

  /// Runs with each `step`th allocation failing and expects at most `most_errors` errors per run.
  /// `most`: number of allocations if known, otherwise 0.
  void try_all(std::int64_t step, std::size_t most_errors, std::int64_t most = 0) {
    ASSERT_THAT(play(), IsEmpty());
    const std::vector<std::string> expected = described();
    restart();
    const guint64 tensors = stat("tensors");
    if (most == 0) most = count_allocations();
    ASSERT_GT(most, step) << "what fails here is no allocation of a run";
    for (std::int64_t n = 0; n <= most; n += step) {
      const auto errors = play_failing_after(n);
      ASSERT_THAT(errors, SizeIs(Le(most_errors))) << n;
      ASSERT_THAT(errors, Each(HasSubstr("memory"))) << n;
      if (errors.empty() && !has_warned_) {
        ASSERT_EQ(described(), expected) << n;
      }
      restart();
      ASSERT_EQ(stat("tensors"), tensors) << n;
    }
    EXPECT_THAT(play(), IsEmpty());
    EXPECT_THAT(results, SizeIs(kFrames));
  }

 private:
  std::atomic<bool> has_warned_ = false;
  Engine* const engine_ = load_engine().value();
};

// A run has some hundred allocations and each try takes 0.1 s, so the tests skip most of them.

TEST_F(AllocationFailure, in_raftflow_is_one_error_or_a_reduced_result_and_leaks_nothing) {
  make();
  try_all(13, 1);
}

TEST_F(AllocationFailure, in_shared_data_is_at_most_one_error_per_element) {
  const std::string flow = "raftflow iterations=2 device=cpu model=" + small_flow_model();
  pads = std::make_unique<TestPads>(parse_bin(flow + " ! " + flow + " lag=2"), GST_STATE_NULL);
  try_all(47, 2);
}

std::string matches_of(GstBuffer* buffer) {
  const OwnedMatch match = result_of(Ref<GstBuffer>::share(buffer));
  if (!match) return "no meta";
  if (match->skipped) return match->skipped;
  std::string text = std::to_string(match->count);
  for (const float value : rows_of(*match)) text += ' ' + std::to_string(std::lround(8 * value));
  return text;
}

TEST_F(AllocationFailure, in_loftrmatch_is_one_error_or_a_reduced_result_and_leaks_nothing) {
  describe = matches_of;
  make_bin(
      "videoscale ! video/x-raw,width=128,height=96 ! loftrmatch device=cpu threshold=0 model=" +
      small_loftr_model());
  try_all(5, 1);
  EXPECT_GT(result_of(results[1])->count, 10u);  // otherwise nothing is compared
}

TEST_F(AllocationFailure, in_adaptive_matching_is_one_error_or_a_reduced_result) {
  describe = matches_of;
  make_bin(
      "videoscale ! video/x-raw,width=192,height=160 ! loftrmatch adaptive=true coarse-model=" +
      small_loftr_model() + " device=cpu threshold=0 model=" + small_loftr_model());
  try_all(7, 1);
}

std::string shot_of(GstBuffer* buffer) {
  GstCustomMeta* meta = gst_buffer_get_torch_shot_meta(buffer, nullptr);
  GstTorchShot shot{};
  if (!meta || !gst_torch_shot_meta_read(meta, &shot)) return "no meta";
  return shot.skipped ? shot.skipped
                      : std::to_string(shot.boundary) + ' ' + std::to_string(shot.score);
}

TEST_F(AllocationFailure, in_scenedetect_is_one_error_and_leaves_nothing) {
  describe = shot_of;
  const std::string line = "scenedetect device=cpu model=resnet18-lite";
  make_bin(line);
  const std::int64_t most = count_allocations();
  try_all(7, 1, most);
  // If memory is too small for a batch, the element splits it without a message.
  make_bin(line + " batch-size=3 batch-timeout=1000000000");
  try_all(7, 1, most);
}

TEST_F(AllocationFailure, in_windows_of_frames_is_one_error_and_leaves_nothing) {
  const TempDirectory directory;
  const std::string path = directory.path("transnet.safetensors");
  formula::write_weights(path, source_file("tests/nn/goldens/transnetv2.shapes"));
  describe = shot_of;
  make_bin("scenedetect device=cpu model=" + path);
  try_all(151, 1);
}

}  // namespace
}  // namespace gsttorch
