// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/gst/gsttorchshotmeta.h"
#include "tests/support/drawn_video.h"
#include "tests/support/paths.h"
#include "tests/support/test_pads.h"

namespace gsttorch {

class SceneDetectTest : public testing::Test {
 protected:
  static std::string bundled_model() {
    return source_file("models/bundled/resnet18-lite.safetensors");
  }

  /// Creates the element with `properties` and begins a stream.
  void begin(const std::string& caps = DrawnVideo::caps()) {
    GstElement* element = gst_element_factory_make("scenedetect", "scenes");
    g_object_set(element, "model", bundled_model().c_str(), nullptr);
    for (const auto& [name, value] : properties) {
      gst_util_set_object_arg(G_OBJECT(element), name.c_str(), value.c_str());
    }
    pads = std::make_unique<TestPads>(element);
    pads->begin(caps);
    pads->wait_for(3);
    pads->forget();
  }
  void push(const DrawnVideo& video, int first, int count) {
    for (int i = first; i < first + count; i++) ASSERT_EQ(pads->push(video.frame(i)), GST_FLOW_OK);
  }
  /// Ends the stream; returns the frames that it output.
  std::vector<Ref<GstBuffer>> end(std::size_t frames) {
    pads->push_eos();
    const auto arrived = pads->wait_for(frames + 1);
    EXPECT_EQ(arrived.empty() ? "nothing" : arrived.back(), "eos");
    return pads->buffers();
  }
  std::vector<Ref<GstBuffer>> run(const DrawnVideo& video, int count) {
    push(video, 0, count);
    return end(static_cast<std::size_t>(count));
  }

  /// The result on a frame; `skipped` is "no meta" if there is none.
  static GstTorchShot shot_of(const Ref<GstBuffer>& buffer) {
    GstTorchShot shot{};
    shot.skipped = "no meta";
    GstCustomMeta* meta = gst_buffer_get_torch_shot_meta(buffer.get(), nullptr);
    if (meta) gst_torch_shot_meta_read(meta, &shot);
    return shot;
  }
  /// Indices of the frames with a boundary.
  static std::vector<int> boundaries(const std::vector<Ref<GstBuffer>>& frames) {
    std::vector<int> indices;
    for (std::size_t i = 0; i < frames.size(); i++) {
      if (shot_of(frames[i]).boundary) indices.push_back(static_cast<int>(i));
    }
    return indices;
  }

  /// Reads a field of `stats`.
  template <typename Read>
  void read_stats(Read&& read) const {
    GstStructure* stats = nullptr;
    g_object_get(pads->element(), "stats", &stats, nullptr);
    read(stats);
    gst_structure_free(stats);
  }

  std::vector<std::pair<std::string, std::string>> properties;
  std::unique_ptr<TestPads> pads;
};

}  // namespace gsttorch
