// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// How elements find the runtime: gst.torch.context.
#include "lib/gst/model_analyzer/gsttorchmodelanalyzer.h"
#include "tests/gst/analyzer/analyzer_fixture.h"
#include "tests/support/gst_pipeline.h"

namespace gsttorch {
namespace {

using Context = Ref<GstContext>;

Context make_context(GstTorchRuntime* runtime) {
  return Context::adopt(gst_context_new_torch_runtime(runtime));
}

Context other_context() { return Context::adopt(gst_context_new("gst.another.context", TRUE)); }

bool is_runtime(GstMessage* message) {
  const gchar* type = nullptr;
  gst_message_parse_context_type(message, &type);
  return g_strcmp0(type, GST_TORCH_RUNTIME_CONTEXT_TYPE) == 0;
}

GstTorchRuntime* runtime_of(GstElement* element) {
  return GST_TORCH_MODEL_ANALYZER(element)->runtime;
}

/// The context of that type that an element has stored.
Context context_of(GstElement* element, const char* type = GST_TORCH_RUNTIME_CONTEXT_TYPE) {
  return Context::adopt(gst_element_get_context(element, type));
}

/// Elements in a pipeline, and an application that handles their context messages.
class Application {
 public:
  explicit Application(const std::vector<std::string>& analyzers)
      : pipeline_(
            Ref<GstElement>::adopt(GST_ELEMENT(gst_object_ref_sink(gst_pipeline_new(nullptr))))) {
    for (const std::string& name : analyzers) {
      GstElement* element = gst_element_factory_make("testanalyzer", name.c_str());
      gst_bin_add(GST_BIN(pipeline_.get()), element);
      if (!elements_.empty()) gst_element_link(elements_.back(), element);
      elements_.push_back(element);
    }
    const auto bus = Ref<GstBus>::adopt(gst_element_get_bus(pipeline_.get()));
    gst_bus_set_sync_handler(
        bus.get(),
        [](GstBus*, GstMessage* message, gpointer self) {
          static_cast<Application*>(self)->hear(message);
          return GST_BUS_PASS;
        },
        this, nullptr);
  }
  ~Application() { stop(); }
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  void start() { gst_element_set_state(pipeline_.get(), GST_STATE_READY); }
  void stop() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }
  GstElement* pipeline() const { return pipeline_.get(); }
  GstElement* element(int index) const { return elements_[index]; }

  Context answer;  ///< for elements that need a runtime
  int asked = 0, told = 0;

 private:
  void hear(GstMessage* message) {
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_NEED_CONTEXT && is_runtime(message)) {
      asked++;
      if (answer) gst_element_set_context(GST_ELEMENT(GST_MESSAGE_SRC(message)), answer.get());
    }
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_HAVE_CONTEXT) told++;
  }

  Ref<GstElement> pipeline_;
  std::vector<GstElement*> elements_;  // the pipeline's
};

class RuntimeContext : public AnalyzerTest {
 protected:
  Ref<GstTorchRuntime> runtime = Ref<GstTorchRuntime>::adopt(gst_torch_runtime_get());
};

TEST_F(RuntimeContext, carries_the_runtime) {
  const Context context = make_context(runtime.get());
  EXPECT_TRUE(gst_context_is_persistent(context.get()));
  const auto found = Ref<GstTorchRuntime>::adopt(gst_context_get_torch_runtime(context.get()));
  EXPECT_EQ(found.get(), runtime.get());
  EXPECT_EQ(gst_context_get_torch_runtime(other_context().get()), nullptr);
}

TEST_F(RuntimeContext, of_the_application_is_taken_when_it_is_asked) {
  Application application({"a"});
  application.answer = make_context(runtime.get());
  application.start();
  EXPECT_EQ(context_of(application.element(0)).get(), application.answer.get());
  EXPECT_EQ(runtime_of(application.element(0)), runtime.get());
  EXPECT_EQ(application.asked, 1);
  EXPECT_EQ(application.told, 0);
}

TEST_F(RuntimeContext, set_on_the_pipeline_reaches_its_elements_which_do_not_ask) {
  Application application({"a", "b"});
  const Context context = make_context(runtime.get());
  gst_element_set_context(application.pipeline(), context.get());
  application.start();
  for (int i : {0, 1}) {
    EXPECT_EQ(context_of(application.element(i)).get(), context.get());
    EXPECT_EQ(runtime_of(application.element(i)), runtime.get());
  }
  EXPECT_EQ(application.asked, 0);
  EXPECT_EQ(application.told, 0);
}

TEST_F(RuntimeContext, is_made_and_announced_by_the_first_of_two_elements_only) {
  Application application({"a", "b"});
  application.start();
  EXPECT_EQ(application.asked, 1);
  EXPECT_EQ(application.told, 1);
  EXPECT_EQ(runtime_of(application.element(0)), runtime_of(application.element(1)));
  EXPECT_TRUE(context_of(application.pipeline()));
}

TEST_F(RuntimeContext, is_kept_for_the_next_start) {
  Application application({"a", "b"});
  for (int i = 0; i < 3; i++) {
    application.start();
    application.stop();
  }
  EXPECT_EQ(application.asked, 1);
  EXPECT_EQ(application.told, 1);
}

TEST_F(RuntimeContext, is_kept_by_an_element_in_no_pipeline_too) {
  make();
  EXPECT_THAT(pads->bus.take(GST_MESSAGE_HAVE_CONTEXT), testing::SizeIs(1));
  gst_element_set_state(pads->element(), GST_STATE_NULL);
  EXPECT_EQ(runtime_of(pads->element()), nullptr);
  gst_element_set_state(pads->element(), GST_STATE_PLAYING);
  EXPECT_EQ(runtime_of(pads->element()), runtime.get());
  EXPECT_THAT(pads->bus.take(GST_MESSAGE_HAVE_CONTEXT), testing::SizeIs(0));
}

TEST_F(RuntimeContext, of_elements_that_start_later_is_the_pipelines) {
  Application application({"a"});
  application.start();
  GstElement* late = gst_element_factory_make("testanalyzer", "late");
  gst_bin_add(GST_BIN(application.pipeline()), late);
  EXPECT_EQ(context_of(late).get(), context_of(application.element(0)).get());
  gst_element_sync_state_with_parent(late);
  EXPECT_EQ(runtime_of(late), runtime.get());
  EXPECT_EQ(application.told, 1);
}

TEST_F(RuntimeContext, of_two_pipelines_carries_the_same_runtime) {
  Application one({"a"}), another({"b"});
  one.start();
  another.start();
  EXPECT_EQ(runtime_of(one.element(0)), runtime.get());
  EXPECT_EQ(runtime_of(another.element(0)), runtime.get());
  EXPECT_EQ(one.told + another.told, 2);
}

// --- neighbours

/// Answers a context query as a neighbouring element would.
std::function<bool(GstQuery*)> neighbour_with(const Context& context) {
  return [context = context.get()](GstQuery* query) {
    if (GST_QUERY_TYPE(query) != GST_QUERY_CONTEXT) return false;
    gst_query_set_context(query, context);
    return true;
  };
}

class Neighbours : public RuntimeContext {
 protected:
  Neighbours() {
    pads = std::make_unique<TestPads>(gst_element_factory_make("testanalyzer", nullptr),
                                      GST_STATE_NULL);
  }
  void start() { gst_element_set_state(pads->element(), GST_STATE_READY); }
  /// Queries the element for a context of that type at one of its pads.
  Context ask(const char* pad, const char* type) {
    const auto query = Ref<GstQuery>::adopt(gst_query_new_context(type));
    GstContext* context = nullptr;
    if (gst_pad_query(pads->pad(pad).get(), query.get())) {
      gst_query_parse_context(query.get(), &context);
    }
    return Context::share(context);
  }
  std::size_t announced() { return pads->bus.take(GST_MESSAGE_HAVE_CONTEXT).size(); }

  const Context context = make_context(runtime.get());
};

TEST_F(Neighbours, downstream_passes_its_context) {
  pads->downstream_query = neighbour_with(context);
  start();
  EXPECT_EQ(context_of(pads->element()).get(), context.get());
  EXPECT_EQ(runtime_of(pads->element()), runtime.get());
  EXPECT_EQ(announced(), 0u);
}

TEST_F(Neighbours, upstream_passes_its_context_if_downstream_has_none) {
  pads->upstream_query = neighbour_with(context);
  start();
  EXPECT_EQ(context_of(pads->element()).get(), context.get());
  EXPECT_EQ(announced(), 0u);
}

TEST_F(Neighbours, that_answer_without_a_context_are_ignored) {
  pads->downstream_query = [](GstQuery* query) {
    return GST_QUERY_TYPE(query) == GST_QUERY_CONTEXT;
  };
  start();
  EXPECT_EQ(runtime_of(pads->element()), runtime.get());
  EXPECT_EQ(announced(), 1u);
}

TEST_F(Neighbours, are_answered_on_both_pads_while_it_runs) {
  EXPECT_FALSE(ask("sink", GST_TORCH_RUNTIME_CONTEXT_TYPE));
  start();
  for (const char* pad : {"sink", "src"}) {
    const Context answer = ask(pad, GST_TORCH_RUNTIME_CONTEXT_TYPE);
    ASSERT_TRUE(answer) << pad;
    const auto found = Ref<GstTorchRuntime>::adopt(gst_context_get_torch_runtime(answer.get()));
    EXPECT_EQ(found.get(), runtime.get());
  }
}

TEST_F(Neighbours, that_ask_for_another_context_are_passed_on) {
  start();
  const Context other = other_context();
  EXPECT_FALSE(ask("sink", "gst.another.context"));
  pads->downstream_query = neighbour_with(other);
  EXPECT_EQ(ask("sink", "gst.another.context").get(), other.get());
}

TEST_F(Neighbours, another_context_that_is_set_is_kept_but_is_no_runtime) {
  const Context other = other_context();
  gst_element_set_context(pads->element(), other.get());
  EXPECT_EQ(runtime_of(pads->element()), nullptr);
  EXPECT_EQ(context_of(pads->element(), "gst.another.context").get(), other.get());
  start();
  gst_element_set_context(pads->element(), other.get());
  EXPECT_EQ(runtime_of(pads->element()), runtime.get());
}

TEST_F(Neighbours, a_runtime_in_a_context_without_its_field_is_none) {
  const Context empty = Context::adopt(gst_context_new(GST_TORCH_RUNTIME_CONTEXT_TYPE, TRUE));
  EXPECT_EQ(gst_context_get_torch_runtime(empty.get()), nullptr);
  gst_element_set_context(pads->element(), empty.get());
  start();
  EXPECT_EQ(runtime_of(pads->element()), runtime.get());
}

TEST(RuntimeObject, is_finalised_with_its_last_reference) {
  auto runtime = Ref<GstTorchRuntime>::adopt(gst_torch_runtime_get());
  auto again = Ref<GstTorchRuntime>::adopt(gst_torch_runtime_get());
  EXPECT_EQ(again.get(), runtime.get());
  bool is_gone = false;
  g_object_weak_ref(
      G_OBJECT(runtime.get()), [](gpointer gone, GObject*) { *static_cast<bool*>(gone) = true; },
      &is_gone);
  auto context = make_context(runtime.get());
  runtime = {};
  again = {};
  EXPECT_FALSE(is_gone);
  context = {};
  EXPECT_TRUE(is_gone);
  EXPECT_TRUE(Ref<GstTorchRuntime>::adopt(gst_torch_runtime_get())) << "there is a new one";
}

TEST_F(RuntimeContext, of_an_element_that_did_not_start_or_was_stopped_keeps_no_runtime) {
  bool is_gone = false;
  g_object_weak_ref(
      G_OBJECT(runtime.get()), [](gpointer gone, GObject*) { *static_cast<bool*>(gone) = true; },
      &is_gone);
  {
    Application application({"a"});
    application.start();
  }
  work.start = []() -> Result<void> { throw std::runtime_error("broken"); };
  pads = std::make_unique<TestPads>(gst_element_factory_make("testanalyzer", nullptr));
  pads.reset();
  EXPECT_FALSE(is_gone);
  runtime = {};
  EXPECT_TRUE(is_gone);
}

}  // namespace
}  // namespace gsttorch
