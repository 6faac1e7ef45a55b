// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/cuda_context.h"

#include <cstdlib>
#include <string>

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/device/primary_context.h"

namespace gsttorch {
namespace {

using testing::HasSubstr;

/// Reads the GstCudaContext from a GstContext as GStreamer's CUDA elements do.
Ref<GstObject> content(GstContext* context) {
  const GValue* value =
      gst_structure_get_value(gst_context_get_structure(context), kCudaContextType);
  return Ref<GstObject>::share(value ? GST_OBJECT(g_value_get_object(value)) : nullptr);
}

void* cu_context_of(GstObject* cuda_context) {
  void* gstcuda = dlopen("libgstcuda-1.0.so.0", RTLD_NOW | RTLD_NOLOAD);
  auto handle = reinterpret_cast<void* (*)(void*)>(dlsym(gstcuda, "gst_cuda_context_get_handle"));
  return handle(cuda_context);
}

class SharedContext : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"FAKE_CUDA_VERSION", "FAKE_CUDA_INIT"}) unsetenv(name);
    setenv("FAKE_CUDA_DEVICES", "2", 1);
  }
};

TEST_F(SharedContext, is_the_primary_one_of_the_device) {
  const auto context = cuda_context(1);
  ASSERT_TRUE(context) << context.error().message;
  EXPECT_STREQ(gst_context_get_context_type(context->get()), kCudaContextType);
  const auto object = content(context->get());
  ASSERT_TRUE(object);
  EXPECT_EQ(cu_context_of(object.get()), PrimaryContext::of(1)->handle());
  guint number = 0;
  g_object_get(object.get(), "cuda-device-id", &number, nullptr);
  EXPECT_EQ(number, 1U);
}

TEST_F(SharedContext, is_one_object_for_all_who_ask) {
  const auto first = cuda_context(0), second = cuda_context(0);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(content(first->get()).get(), content(second->get()).get());
  const auto other_device = cuda_context(1);
  ASSERT_TRUE(other_device);
  EXPECT_NE(content(first->get()).get(), content(other_device->get()).get());
}

TEST_F(SharedContext, goes_when_the_last_user_goes) {
  bool is_gone = false;
  {
    const auto context = cuda_context(0);
    ASSERT_TRUE(context);
    g_object_weak_ref(
        G_OBJECT(content(context->get()).get()),
        [](gpointer gone, GObject*) { *static_cast<bool*>(gone) = true; }, &is_gone);
    EXPECT_FALSE(is_gone);
  }
  EXPECT_TRUE(is_gone);
  EXPECT_TRUE(cuda_context(0)) << "and can be had again";
}

TEST_F(SharedContext, of_a_device_that_is_not_there_is_an_error) {
  const auto context = cuda_context(7);
  ASSERT_FALSE(context);
  EXPECT_EQ(context.error().code, ErrorCode::DeviceUnavailable);
}

TEST_F(SharedContext, answers_who_asks_for_it_and_nobody_else) {
  const auto context = cuda_context(0);
  ASSERT_TRUE(context);
  GstQuery* mine = gst_query_new_context(kCudaContextType);
  GstQuery* foreign = gst_query_new_context("gst.gl.GLDisplay");
  GstQuery* latency = gst_query_new_latency();
  EXPECT_TRUE(answer_cuda_query(mine, context->get()));
  EXPECT_FALSE(answer_cuda_query(foreign, context->get()));
  EXPECT_FALSE(answer_cuda_query(latency, context->get()));
  GstContext* answer = nullptr;
  gst_query_parse_context(mine, &answer);
  EXPECT_EQ(answer, context->get());
  for (GstQuery* query : {mine, foreign, latency}) gst_query_unref(query);
}

TEST_F(SharedContext, reaches_neighbours_that_need_it) {
  const auto context = cuda_context(0);
  ASSERT_TRUE(context);
  const auto bin = Ref<GstElement>::adopt(GST_ELEMENT(gst_object_ref_sink(gst_bin_new("bin"))));
  GstElement* ours = gst_element_factory_make("identity", "ours");
  GstElement* decoder = gst_element_factory_make("identity", "decoder");
  gst_bin_add_many(GST_BIN(bin.get()), ours, decoder, nullptr);
  share_cuda_context(ours, context->get());
  gst_element_post_message(decoder,
                           gst_message_new_need_context(GST_OBJECT(decoder), kCudaContextType));
  for (GstElement* element : {ours, decoder}) {
    const auto got = Ref<GstContext>::adopt(gst_element_get_context(element, kCudaContextType));
    EXPECT_EQ(got.get(), context->get()) << GST_ELEMENT_NAME(element);
  }
}

TEST_F(SharedContext, is_an_error_where_the_library_is_not_built) {
  const std::string library = std::getenv("GST_TORCH_GSTCUDA_LIBRARY");
  setenv("GST_TORCH_GSTCUDA_LIBRARY", "/no/such/library.so", 1);
  const auto context = cuda_context(0);
  setenv("GST_TORCH_GSTCUDA_LIBRARY", library.c_str(), 1);
  ASSERT_FALSE(context);
  EXPECT_EQ(context.error().code, ErrorCode::LibraryMissing);
  EXPECT_THAT(context.error().message, HasSubstr("/no/such/library.so"));
}

}  // namespace
}  // namespace gsttorch
