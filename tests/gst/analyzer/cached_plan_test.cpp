// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// How analysers share the memory there is: with fake plans, and with small models under a limit.
#include "lib/gst/model_analyzer/cached_plan.h"

#include <limits>
#include <string>
#include <vector>

#include "lib/gst/gsttorchflowmeta.h"
#include "tests/gst/runtime/runtime_fixture.h"
#include "tests/support/loftr_model.h"
#include "tests/support/parse.h"

namespace gsttorch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();

struct Request {
  int size = 100;
  std::size_t available_bytes = kUnlimited;
  bool operator==(const Request&) const = default;
};
struct Plan {
  int size = 0;
  std::size_t bytes = 0, work_bytes = 0;
  std::string reduced;
};

// Each unit of size needs 100 bytes, 60 of them for the work. The least size is 10.
Result<Plan> plan(const Request& request) {
  const int size =
      static_cast<int>(std::min<std::size_t>(request.size, request.available_bytes / 100));
  if (size < 10) return Error{ErrorCode::OutOfMemory, "needs 1000 bytes"};
  const auto bytes = static_cast<std::size_t>(size);
  return Plan{size, 100 * bytes, 60 * bytes, size < request.size ? std::to_string(size) : ""};
}

class Host final : public ModelHost {
 public:
  GstElement* element() const override { return element_.get(); }
  AnalyzerSettings settings() const override { return {}; }
  void set_post_messages(bool) override {}
  ModelSettings model_settings() const override { return {}; }
  void set_device(const std::string&) override {}
  Models& models() override { throw std::logic_error("none is asked for"); }
  std::size_t memory_limit() const override { return limit; }
  std::size_t available_memory(std::size_t held) const override {
    if (limit == 0) return kUnlimited;
    const std::size_t used = others + held;
    return used - held < limit ? limit - (used - held) : 0;
  }
  bool is_live() const override { return false; }
  std::stop_token stop_token() const override { return {}; }
  void report(const Error&) override {}
  bool run(std::function<void()> work) override { return work(), true; }
  void push_event(GstEvent* event) override { gst_event_unref(event); }

  std::vector<std::string> warnings() { return bus_.take(GST_MESSAGE_WARNING); }

  std::size_t limit = 0, others = 0;

 private:
  const Ref<GstElement> element_ = Ref<GstElement>::adopt(
      GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make("identity", nullptr))));
  ElementBus bus_{element_.get()};
};

class CachedPlanTest : public testing::Test {
 protected:
  Result<void> update(int size = 100) { return kept_.update(host_, {size}, held_, plan); }

  Host host_;
  std::size_t held_ = 0;
  CachedPlan<Request, Plan> kept_;
};

TEST_F(CachedPlanTest, is_renewed_when_the_limit_changes_and_reported_once) {
  ASSERT_TRUE(update());
  EXPECT_EQ(kept_->size, 100);
  EXPECT_EQ(kept_.budget(), 0u);
  host_.limit = 5000;
  for (int i = 0; i < 3; i++) ASSERT_TRUE(update());
  EXPECT_EQ(kept_->size, 50);
  EXPECT_EQ(kept_.budget(), 5000u - 3000u);
  EXPECT_THAT(host_.warnings(), ElementsAre(HasSubstr("50")));
  host_.limit = 0;
  ASSERT_TRUE(update());
  EXPECT_EQ(kept_->size, 100);
  EXPECT_THAT(host_.warnings(), IsEmpty());
}

TEST_F(CachedPlanTest, is_an_error_where_a_new_limit_leaves_too_little) {
  ASSERT_TRUE(update());
  host_.limit = 900;
  const auto updated = update();
  ASSERT_FALSE(updated);
  EXPECT_EQ(updated.error().message, "needs 1000 bytes");
}

TEST_F(CachedPlanTest, does_not_count_its_own_memory_as_used) {
  host_.limit = 10'000;
  ASSERT_TRUE(update());
  held_ = 4000;
  ASSERT_TRUE(update(101));
  EXPECT_EQ(kept_->size, 100);
}

TEST_F(CachedPlanTest, shrinks_for_memory_of_others_and_does_not_grow_by_itself) {
  host_.limit = 10'000;
  ASSERT_TRUE(update());
  host_.others = 6000;
  ASSERT_TRUE(update());
  EXPECT_EQ(kept_->size, 40);
  host_.others = 0;
  ASSERT_TRUE(update());
  EXPECT_EQ(kept_->size, 40);
  host_.others = 9500;  // perhaps only for a moment, so the plan stays and an allocation may fail
  ASSERT_TRUE(update());
  EXPECT_EQ(kept_->size, 40);
}

TEST_F(CachedPlanTest, shrinks_by_a_quarter_each_time_an_allocation_fails) {
  ASSERT_TRUE(update());
  EXPECT_TRUE(kept_.reduce(host_, held_, plan));
  EXPECT_EQ(kept_->size, 75);
  ASSERT_TRUE(update());
  EXPECT_EQ(kept_->size, 75);
  while (kept_.reduce(host_, held_, plan)) {
  }
  EXPECT_GE(kept_->size, 10);
  EXPECT_LE(kept_->size, 13);
}

// --- with models

class SharedLimit : public RuntimeTest {
 protected:
  static constexpr int kWide = 320, kHigh = 256;

  static Ref<GstBuffer> large_frame(int index) {
    std::vector<guint8> pixels;
    for (int i = 0; i < kWide * kHigh; i++) {
      pixels.push_back(static_cast<guint8>((i + 3 * index) * 7 ^ i / kWide * 5));
    }
    Ref<GstBuffer> buffer = make_array(pixels);
    GST_BUFFER_PTS(buffer.get()) = static_cast<GstClockTime>(index) * TestPads::kFrame;
    GST_BUFFER_DURATION(buffer.get()) = TestPads::kFrame;
    return buffer;
  }
  void begin(const std::string& line) {
    pads = std::make_unique<TestPads>(parse_bin(line));
    pads->keep_buffers = false;  // results use memory too
    pads->begin("video/x-raw,format=GRAY8,width=320,height=256,framerate=25/1");
    pads->wait_for(3);
    pads->forget();
  }
  /// Pushes frames until `count` or until one is refused, and waits for the accepted ones.
  void push_frames(int count) {
    for (int i = 0; i < count; i++) {
      if (pads->push(large_frame(frames_++)) != GST_FLOW_OK) return;
    }
    pads->wait_for(static_cast<std::size_t>(frames_));
  }
  /// Waits until the element has released the frames and results that it has pushed.
  void settle() {
    GstQuery* query = gst_query_new_drain();
    gst_pad_peer_query(pads->src(), query);
    gst_query_unref(query);
  }
  static std::string flow() {
    return "raftflow iterations=2 device=cpu model=" + small_flow_model();
  }
  static std::string match() {
    return "loftrmatch device=cpu threshold=0 model=" + small_loftr_model();
  }

  int frames_ = 0;
};

TEST_F(SharedLimit, that_is_lowered_while_playing_makes_the_work_smaller) {
  begin(flow());
  push_frames(3);
  settle();
  set_memory_limit(27'000'000);
  push_frames(4);
  EXPECT_THAT(pads->arrived(), SizeIs(7));
  // A second plan follows if the result of the frame before is still on its way downstream.
  const auto warnings = pads->bus.take(GST_MESSAGE_WARNING);
  EXPECT_THAT(warnings, testing::Not(IsEmpty()));
  EXPECT_THAT(warnings, testing::Each(HasSubstr("within the memory limit")));
}

TEST_F(SharedLimit, that_is_lowered_too_far_is_one_error_that_names_the_bytes) {
  begin(flow());
  push_frames(3);
  settle();
  set_memory_limit(4'200'000);
  push_frames(4);
  const auto errors = pads->bus.take(GST_MESSAGE_ERROR);
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_THAT(errors[0],
              testing::ContainsRegex("requires at least [0-9]+ MB, but only [0-9]+ MB may be"));
}

TEST_F(SharedLimit, is_enough_for_three_models_that_make_room_for_each_other) {
  const std::string shots = "scenedetect device=cpu model=resnet18-lite";
  for (const guint64 limit : {115, 90, 80, 70}) {
    SCOPED_TRACE(limit);
    set_memory_limit(limit * 1'000'000);
    begin(flow() + " ! " + match() + " ! " + shots);
    for (int i = 0; i < 12; i++) ASSERT_EQ(pads->push(large_frame(i)), GST_FLOW_OK);
    pads->push_eos();  // scenedetect needs EOS to decide its last frames
    pads->wait_for(13);
    EXPECT_THAT(pads->bus.take(GST_MESSAGE_ERROR), IsEmpty());
    EXPECT_THAT(pads->arrived(), SizeIs(13));
    EXPECT_EQ(pads->arrived().back(), "eos");
    pads.reset();
    trim();
  }
}

}  // namespace
}  // namespace gsttorch
