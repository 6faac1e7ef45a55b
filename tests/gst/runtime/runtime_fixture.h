// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/gst/gsttorchruntime.h"
#include "tests/support/small_model.h"
#include "tests/support/test_pads.h"

namespace gsttorch {

/// The runtime of the process, and a raftflow with a small model. Each test starts with nothing
/// loaded and no limits.
class RuntimeTest : public testing::Test {
 protected:
  static constexpr int kFrames = 3;
  static constexpr int kWidth = 48, kHeight = 32;

  RuntimeTest() { trim(); }
  ~RuntimeTest() override {
    pads.reset();
    results.clear();
    if (!runtime) runtime = Ref<GstTorchRuntime>::adopt(gst_torch_runtime_get());
    set_memory_limit(0);
    set_grace_time(5 * GST_SECOND);
    set_cpu_workers(0);
    trim();
  }

  void trim() { gst_torch_runtime_trim(runtime.get()); }
  void set_memory_limit(guint64 bytes) {
    g_object_set(runtime.get(), "memory-limit", bytes, nullptr);
  }
  void set_grace_time(gint64 time) { g_object_set(runtime.get(), "grace-time", time, nullptr); }

  void set_cpu_workers(guint workers) {
    g_object_set(runtime.get(), "cpu-workers", workers, nullptr);
  }

  guint64 stat(const char* field) {
    GstStructure* stats = nullptr;
    g_object_get(runtime.get(), "stats", &stats, nullptr);
    guint64 value = 0;
    guint count = 0;
    if (gst_structure_get_uint(stats, field, &count)) value = count;
    gst_structure_get_uint64(stats, field, &value);
    gst_structure_free(stats);
    return value;
  }
  /// Waits some seconds at most until the runtime's stat has that value.
  bool comes_to(const char* field, guint64 value) {
    for (int i = 0; i < 5000 && stat(field) != value; i++) g_usleep(1000);
    return stat(field) == value;
  }

  static Ref<GstBuffer> frame(int index) {
    Ref<GstBuffer> buffer = make_buffer(kWidth * kHeight, 100);
    gst_buffer_memset(buffer.get(), static_cast<gsize>(index) * 50, 200, 300);
    GST_BUFFER_PTS(buffer.get()) = index * TestPads::kFrame;
    GST_BUFFER_DURATION(buffer.get()) = TestPads::kFrame;
    return buffer;
  }

  /// Creates a raftflow between two pads, not started.
  void make() {
    GstElement* element = gst_element_factory_make("raftflow", nullptr);
    g_object_set(element, "model", small_flow_model().c_str(), "iterations", 2, "device", "cpu",
                 nullptr);
    pads = std::make_unique<TestPads>(element, GST_STATE_NULL);
  }

  /// Plays some frames to their end, into `results`; returns the errors.
  std::vector<std::string> play() {
    results.clear();
    gst_element_set_state(pads->element(), GST_STATE_PLAYING);
    pads->begin("video/x-raw,format=GRAY8,width=48,height=32,framerate=25/1");
    for (int i = 0; i < kFrames; i++) {
      if (pads->push(frame(i)) != GST_FLOW_OK) break;
    }
    pads->push_eos();
    std::vector<std::string> errors = wait_for_end();
    gst_element_set_state(pads->element(), GST_STATE_NULL);
    for (std::string& late : pads->bus.take(GST_MESSAGE_ERROR)) errors.push_back(std::move(late));
    results = pads->buffers();
    pads->forget();
    return errors;
  }

  Ref<GstTorchRuntime> runtime = Ref<GstTorchRuntime>::adopt(gst_torch_runtime_get());
  std::unique_ptr<TestPads> pads;
  std::vector<Ref<GstBuffer>> results;

 private:
  std::vector<std::string> wait_for_end() {
    for (int i = 0; i < 20000; i++) {
      auto errors = pads->bus.take(GST_MESSAGE_ERROR);
      const auto arrived = pads->arrived();
      if (!errors.empty() || std::find(arrived.begin(), arrived.end(), "eos") != arrived.end()) {
        return errors;
      }
      g_usleep(1000);
    }
    return {"it did not end"};
  }
};

}  // namespace gsttorch
