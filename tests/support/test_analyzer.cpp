// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tests/support/test_analyzer.h"

#include <deque>

#include "lib/gst/model_analyzer/model_analyzer_class.h"
#include "lib/gst/util/video_info.h"

namespace gsttorch {
namespace {

std::unique_ptr<TestWork>& current() {
  static std::unique_ptr<TestWork> work = std::make_unique<TestWork>();
  return work;
}

// Decided as soon as `look_ahead` later frames were analysed.
struct TestResult final : FrameResult {
  // Shared, because a flush may drop the frame before.
  struct Verdict {
    std::uint64_t index = 0;
    bool is_decided = false;
  };
  bool is_decided() const override { return verdict->is_decided; }
  bool has_result() const override { return !inner || inner->has_result(); }
  std::unique_ptr<FrameResult> inner;  // set by a test
  std::shared_ptr<Verdict> verdict = std::make_shared<Verdict>();
};

class TestAnalysis final : public Analysis {
 public:
  explicit TestAnalysis(AnalyzerHost& host) : host_(host), work_(test_work()) {}
  explicit TestAnalysis(ModelHost& host)
      : host_(host),
        set_device_([&host](const std::string& name) { host.set_device(name); }),
        work_(test_work()) {}

  Result<void> start() override { return work_.start ? work_.start() : Result<void>(); }
  Result<void> wait_until_ready(std::stop_token stop) override {
    if (work_.wait_until_ready) {
      if (auto ready = work_.wait_until_ready(std::move(stop)); !ready) return ready;
    }
    if (set_device_) set_device_("cpu");
    return {};
  }
  void stop() override { call(work_.stop); }
  void reset() override {
    undecided_.clear();
    {
      const std::lock_guard lock(work_.mutex);
      work_.resets++;
    }
    call(work_.reset);
  }
  Result<void> analyze(std::span<AnalyzedFrame> frames, std::stop_token stop) override {
    {
      const std::lock_guard lock(work_.mutex);
      work_.batches.push_back(frames.size());
      for (const AnalyzedFrame& frame : frames) {
        work_.frames.push_back(
            {frame.index, frame.pts(), frame.is_discont, frame.skipped ? frame.skipped : ""});
      }
    }
    if (work_.analyze) {
      if (auto done = work_.analyze(frames, std::move(stop)); !done) return done;
    }
    for (AnalyzedFrame& frame : frames) add(frame);
    return {};
  }
  guint look_ahead() const override { return work_.look_ahead; }
  void publish(AnalyzedFrame& frame) override {
    if (work_.publish) work_.publish(host_, frame);
  }
  void decide_until(std::uint64_t index) override {
    while (!undecided_.empty() && undecided_.front()->index <= index) decide_first();
  }
  void decide_all() override {
    call(work_.decide_all);
    while (!undecided_.empty()) decide_first();
  }
  void add_stats(GstStructure*) const override { call(work_.add_stats); }

 private:
  static void call(const std::function<void()>& what) {
    if (what) what();
  }

  void add(AnalyzedFrame& frame) {
    auto result = std::make_unique<TestResult>();
    result->inner = std::move(frame.result);
    result->verdict->index = frame.index;
    undecided_.push_back(result->verdict);
    frame.result = std::move(result);
    while (undecided_.size() > work_.look_ahead) decide_first();
  }
  void decide_first() {
    undecided_.front()->is_decided = true;
    undecided_.pop_front();
  }

  AnalyzerHost& host_;
  const std::function<void(const std::string&)> set_device_;  // empty without a model
  TestWork& work_;
  std::deque<std::shared_ptr<TestResult::Verdict>> undecided_;
};

void set_up_class(gpointer g_class) {
  static GstStaticPadTemplate sink =
      GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
                              GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE(GSTTORCH_VIDEO_FORMATS)));
  static GstStaticPadTemplate src =
      GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS,
                              GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE(GSTTORCH_VIDEO_FORMATS)));
  auto* element_class = GST_ELEMENT_CLASS(g_class);
  gst_element_class_add_static_pad_template(element_class, &sink);
  gst_element_class_add_static_pad_template(element_class, &src);
  gst_element_class_set_static_metadata(element_class, "Test analyser", "Filter/Analyzer/Video",
                                        "Does what a test says", "tests");
}

// On the base class alone, and on the one for models.
GType plain_analyzer_type() {
  GTypeInfo info = {};
  info.class_size = sizeof(GstTorchAnalyzerClass);
  info.class_init = [](gpointer g_class, gpointer) {
    set_up_class(g_class);
    set_analysis<TestAnalysis>(g_class);
  };
  info.instance_size = sizeof(GstTorchAnalyzer);
  return g_type_register_static(GST_TYPE_TORCH_ANALYZER, "GstPlainTestAnalyzer", &info,
                                static_cast<GTypeFlags>(0));
}

GType model_analyzer_type() {
  GTypeInfo info = {};
  info.class_size = sizeof(GstTorchModelAnalyzerClass);
  info.class_init = [](gpointer g_class, gpointer) {
    set_up_class(g_class);
    set_model_analysis<TestAnalysis>(g_class);
  };
  info.instance_size = sizeof(GstTorchModelAnalyzer);
  return g_type_register_static(GST_TYPE_TORCH_MODEL_ANALYZER, "GstTestAnalyzer", &info,
                                static_cast<GTypeFlags>(0));
}

bool register_elements() {
  return gst_element_register(nullptr, "testanalyzer", GST_RANK_NONE, model_analyzer_type()) &&
         gst_element_register(nullptr, "plaintestanalyzer", GST_RANK_NONE, plain_analyzer_type());
}

}  // namespace

TestWork& test_work() { return *current(); }

TestWork& reset_test_work() {
  static const bool registered = register_elements();
  g_assert_true(registered);
  current() = std::make_unique<TestWork>();
  return *current();
}

}  // namespace gsttorch
