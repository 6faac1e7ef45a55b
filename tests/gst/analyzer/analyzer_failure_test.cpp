// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Errors inside a model element become exactly one error on the bus.
#include <atomic>
#include <future>
#include <new>
#include <stdexcept>

#include "tests/gst/analyzer/analyzer_fixture.h"

namespace gsttorch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class AnalyzerFailure : public AnalyzerTest {
 protected:
  /// Pushes frames until one is refused; returns the error on the bus.
  std::string error_of_stream(GstFlowReturn expected = GST_FLOW_ERROR) {
    begin();
    EXPECT_EQ(push_until_refused(), expected);
    const auto errors = pads->bus.take(GST_MESSAGE_ERROR);
    return errors.size() == 1 ? errors[0] : std::to_string(errors.size()) + " errors";
  }

  /// Expects that the element works again after a stop and a start.
  void expect_recovery() {
    work.analyze = {};
    work.publish = {};
    work.wait_until_ready = {};
    work.start = {};
    work.stop = work.reset = work.decide_all = work.add_stats = {};
    gst_element_set_state(pads->element(), GST_STATE_NULL);
    gst_element_set_state(pads->element(), GST_STATE_PLAYING);
    pads->forget();
    pads->begin(kCaps);
    push_frames(0, 2);
    pads->push_eos();
    EXPECT_THAT(pads->wait_for(6),
                ElementsAre("stream-start", "caps", "segment", "buffer 0", "buffer 1", "eos"));
  }
};

TEST_F(AnalyzerFailure, an_error_of_the_work_is_posted_once) {
  work.analyze = [](auto, auto) -> Result<void> {
    return Error{ErrorCode::OutOfMemory, "no room for 7 frames"};
  };
  EXPECT_EQ(error_of_stream(), error_prefix(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT) +
                                   "no room for 7 frames");
  expect_recovery();
}

TEST_F(AnalyzerFailure, continues_after_a_flush_and_posts_the_next_error) {
  work.analyze = [](auto, auto) -> Result<void> { return Error{ErrorCode::Failed, "first"}; };
  EXPECT_THAT(error_of_stream(), HasSubstr("first"));
  work.analyze = [](auto, auto) -> Result<void> { return Error{ErrorCode::Failed, "second"}; };
  pads->flush();
  pads->push_segment();
  EXPECT_EQ(push_until_refused(), GST_FLOW_ERROR);
  const auto errors = pads->bus.take(GST_MESSAGE_ERROR);
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_THAT(errors[0], HasSubstr("second"));
}

TEST_F(AnalyzerFailure, an_exception_of_the_work_is_posted_once) {
  work.analyze = [](auto, auto) -> Result<void> { throw std::runtime_error("broken maths"); };
  EXPECT_THAT(error_of_stream(), HasSubstr("broken maths"));
  expect_recovery();
}

TEST_F(AnalyzerFailure, exhausted_memory_is_posted_once) {
  work.analyze = [](auto, auto) -> Result<void> { throw std::bad_alloc(); };
  EXPECT_THAT(error_of_stream(), HasSubstr("Out of memory"));
  expect_recovery();
}

TEST_F(AnalyzerFailure, something_thrown_that_is_no_exception_is_posted_once) {
  work.analyze = [](auto, auto) -> Result<void> { throw 42; };
  EXPECT_THAT(error_of_stream(), HasSubstr("Internal failure"));
}

TEST_F(AnalyzerFailure, an_exception_while_publishing_is_posted_once) {
  work.publish = [](AnalyzerHost&, AnalyzedFrame&) { throw std::runtime_error("broken meta"); };
  EXPECT_THAT(error_of_stream(), HasSubstr("broken meta"));
  expect_recovery();
}

TEST_F(AnalyzerFailure, a_failed_load_ends_the_stream_with_its_error) {
  work.wait_until_ready = [](std::stop_token) -> Result<void> {
    return Error{ErrorCode::NotFound, "no such weights"};
  };
  EXPECT_THAT(error_of_stream(), HasSubstr("no such weights"));
  expect_recovery();
}

TEST_F(AnalyzerFailure, an_exception_leaves_no_query_without_an_answer) {
  begin();
  work.analyze = [](auto, auto) -> Result<void> {
    g_usleep(5000);
    throw std::runtime_error("broken maths");
  };
  push_frames(0, 1);
  const auto query = Ref<GstQuery>::adopt(gst_query_new_drain());
  EXPECT_FALSE(gst_pad_peer_query(pads->src(), query.get()));
}

// The inference that a flush discards fails once the stream after the flush has begun.
class AnalyzerDiscarded : public AnalyzerFailure, public testing::WithParamInterface<bool> {};
INSTANTIATE_TEST_SUITE_P(error_and_exception, AnalyzerDiscarded, testing::Bool());

TEST_P(AnalyzerDiscarded, a_failure_does_not_stop_the_stream_after_a_flush) {
  std::promise<void> begins, may_fail;
  std::atomic<int> calls = 0;
  work.analyze = [&](auto, auto) -> Result<void> {
    if (calls++ > 0) return {};
    begins.set_value();
    may_fail.get_future().wait();
    if (GetParam()) throw std::runtime_error("broken maths");
    return Error{ErrorCode::Failed, "broken maths"};
  };
  begin();
  push_frames(0, 1);
  begins.get_future().wait();
  pads->flush();
  pads->forget();
  pads->push_segment();
  push_frames(1, 1);
  may_fail.set_value();
  push_frames(2, 1);
  pads->push_eos();
  EXPECT_THAT(pads->wait_for(4), ElementsAre("segment", "buffer 1", "buffer 2", "eos"));
  EXPECT_THAT(pads->bus.take(GST_MESSAGE_ERROR), SizeIs(0));
}

TEST_F(AnalyzerFailure, an_exception_while_it_waits_for_the_weights_is_posted_once) {
  work.wait_until_ready = [](std::stop_token) -> Result<void> {
    throw std::runtime_error("broken load");
  };
  EXPECT_THAT(error_of_stream(), HasSubstr("broken load"));
  expect_recovery();
}

TEST_F(AnalyzerFailure, an_exception_while_deciding_the_last_frames_is_posted_once) {
  work.look_ahead = 2;
  begin();
  work.decide_all = [] { throw std::runtime_error("broken decision"); };
  push_frames(0, 3);
  pads->push_eos();
  EXPECT_THAT(pads->bus.wait_for(GST_MESSAGE_ERROR), HasSubstr("broken decision"));
  EXPECT_THAT(pads->bus.take(GST_MESSAGE_ERROR), SizeIs(0));
  work.look_ahead = 0;
  expect_recovery();
}

TEST_F(AnalyzerFailure, an_exception_in_reset_at_new_caps_is_posted_once) {
  begin();
  push_frames(0, 2);
  pads->wait_for(2);
  work.reset = [] { throw std::runtime_error("broken reset"); };
  pads->set_caps("video/x-raw,format=GRAY8,width=8,height=16,framerate=25/1");
  push_frames(2, 1);  // the first frame of another stream
  EXPECT_THAT(pads->bus.wait_for(GST_MESSAGE_ERROR), HasSubstr("broken reset"));
  EXPECT_EQ(push_until_refused(), GST_FLOW_ERROR);
  EXPECT_THAT(pads->bus.take(GST_MESSAGE_ERROR), SizeIs(0));
  work.reset = {};
  expect_recovery();
}

TEST_F(AnalyzerFailure, an_exception_in_reset_in_a_flush_is_posted_once) {
  begin();
  push_frames(0, 2);
  pads->wait_for(2);
  work.reset = [] { throw std::runtime_error("broken reset"); };
  pads->flush();
  pads->push_segment();
  push_frames(2, 1);
  EXPECT_THAT(pads->bus.wait_for(GST_MESSAGE_ERROR), HasSubstr("broken reset"));
  EXPECT_THAT(pads->bus.take(GST_MESSAGE_ERROR), SizeIs(0));
  work.reset = {};
  expect_recovery();
}

TEST_F(AnalyzerFailure, an_exception_in_reset_does_not_prevent_stopping) {
  begin();
  push_frames(0, 2);
  pads->wait_for(2);
  work.reset = [] { throw std::runtime_error("broken reset"); };
  EXPECT_EQ(gst_element_set_state(pads->element(), GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
  EXPECT_THAT(pads->bus.take(GST_MESSAGE_ERROR), SizeIs(1));
  expect_recovery();
}

TEST_F(AnalyzerFailure, an_exception_in_stop_does_not_prevent_stopping) {
  begin();
  push_frames(0, 2);
  work.stop = [] { throw std::runtime_error("broken stop"); };
  EXPECT_EQ(gst_element_set_state(pads->element(), GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
  EXPECT_THAT(pads->bus.take(GST_MESSAGE_ERROR), SizeIs(1));
  expect_recovery();
}

TEST_F(AnalyzerFailure, an_exception_in_add_stats_does_not_stop_the_stream) {
  begin();
  work.add_stats = [] { throw std::runtime_error("broken count"); };
  GstStructure* stats = nullptr;
  g_object_get(pads->element(), "stats", &stats, nullptr);
  EXPECT_EQ(stats, nullptr);
  EXPECT_THAT(pads->bus.take(GST_MESSAGE_ERROR), ElementsAre(HasSubstr("broken count")));
  push_frames(0, 2);
  EXPECT_THAT(pads->wait_for(2), ElementsAre("buffer 0", "buffer 1"));
  expect_recovery();
}

TEST_F(AnalyzerFailure, does_not_start_when_the_work_throws) {
  work.start = []() -> Result<void> { throw std::runtime_error("broken start"); };
  make();
  EXPECT_EQ(GST_STATE(pads->element()), GST_STATE_NULL);
  EXPECT_THAT(pads->bus.take(GST_MESSAGE_ERROR), ElementsAre(HasSubstr("broken start")));
  expect_recovery();
}

TEST_F(AnalyzerFailure, does_not_start_when_the_work_cannot) {
  work.start = []() -> Result<void> { return Error{ErrorCode::NotFound, "no such model"}; };
  const auto element = Ref<GstElement>::adopt(
      GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make("testanalyzer", nullptr))));
  ElementBus bus(element.get());
  EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_READY), GST_STATE_CHANGE_FAILURE);
  const auto errors = bus.take(GST_MESSAGE_ERROR);
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_THAT(errors[0], HasSubstr("no such model"));
  gst_element_set_state(element.get(), GST_STATE_NULL);
}

TEST_F(AnalyzerFailure, a_buffer_too_small_for_its_caps_is_an_error_when_it_is_mapped) {
  work.analyze = [](std::span<AnalyzedFrame> frames, auto) -> Result<void> {
    auto view = frames[0].image->view();
    return view ? Result<void>() : view.error();
  };
  begin();
  Ref<GstBuffer> small = make_buffer(5);
  GST_BUFFER_PTS(small.get()) = 0;
  pads->push(std::move(small));
  EXPECT_THAT(pads->bus.wait_for(GST_MESSAGE_ERROR), HasSubstr("smaller than its caps require"));
}

TEST_F(AnalyzerFailure, a_buffer_without_memory_is_an_error_too) {
  work.analyze = [](std::span<AnalyzedFrame> frames, auto) -> Result<void> {
    auto view = frames[0].image->view();
    return view ? Result<void>() : view.error();
  };
  begin();
  pads->push(Ref<GstBuffer>::adopt(gst_buffer_new()));
  EXPECT_THAT(pads->bus.wait_for(GST_MESSAGE_ERROR), HasSubstr("smaller than its caps require"));
}

}  // namespace
}  // namespace gsttorch
