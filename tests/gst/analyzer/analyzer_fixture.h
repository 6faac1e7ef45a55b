// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/engine/frame_image.h"
#include "tests/support/test_analyzer.h"
#include "tests/support/test_pads.h"

namespace gsttorch {

inline constexpr char kCaps[] = "video/x-raw,format=GRAY8,width=16,height=8,framerate=25/1";
inline constexpr gsize kFrameBytes = 16 * 8;

/// The base classes of the analysis elements with a test's own work in them.
class AnalyzerTest : public testing::Test {
 protected:
  /// Creates the element and the pads around it, and begins a stream.
  void begin(const std::string& caps = kCaps) {
    make();
    pads->begin(caps);
    pads->wait_for(3);
    pads->forget();
  }
  void make() {
    GstElement* element = gst_element_factory_make(factory.c_str(), "analyzer");
    for (const auto& [name, value] : properties) {
      gst_util_set_object_arg(G_OBJECT(element), name.c_str(), value.c_str());
    }
    pads = std::make_unique<TestPads>(element);
  }

  static Ref<GstBuffer> frame(int index) {
    Ref<GstBuffer> buffer = make_buffer(kFrameBytes, static_cast<guint8>(index));
    GST_BUFFER_PTS(buffer.get()) = index * TestPads::kFrame;
    GST_BUFFER_DURATION(buffer.get()) = TestPads::kFrame;
    return buffer;
  }
  void push_frames(int first, int count) {
    for (int i = first; i < first + count; i++) ASSERT_EQ(pads->push(frame(i)), GST_FLOW_OK);
  }
  /// Pushes frames until the element refuses one; returns that result.
  GstFlowReturn push_until_refused() {
    for (int i = 0; i < 1000; i++) {
      const GstFlowReturn flow = pads->push(frame(i));
      if (flow != GST_FLOW_OK) return flow;
      g_usleep(100);
    }
    return GST_FLOW_OK;
  }

  guint64 stat(const char* field) const { return stat_of(pads->element(), field); }
  static guint64 stat_of(GstElement* element, const char* field) {
    GstStructure* stats = nullptr;
    g_object_get(element, "stats", &stats, nullptr);
    guint64 value = G_MAXUINT64;
    gst_structure_get_uint64(stats, field, &value);
    gst_structure_free(stats);
    return value;
  }

  TestWork& work = reset_test_work();
  std::string factory = "testanalyzer";
  std::vector<std::pair<std::string, std::string>> properties;
  std::unique_ptr<TestPads> pads;
};

}  // namespace gsttorch
