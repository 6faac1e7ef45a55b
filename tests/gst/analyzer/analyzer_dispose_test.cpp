// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tests/gst/runtime/runtime_fixture.h"

namespace gsttorch {
namespace {

class AnalyzerDisposeTest : public RuntimeTest {};

// Python's exit disposes of playing elements, as does dropping a playing pipeline's last reference.
TEST_F(AnalyzerDisposeTest, stops_when_it_is_disposed_of_while_it_plays) {
  make();
  GstElement* const element = pads->element();
  ASSERT_NE(gst_element_set_state(element, GST_STATE_PLAYING), GST_STATE_CHANGE_FAILURE);
  pads->begin("video/x-raw,format=GRAY8,width=48,height=32,framerate=25/1");
  pads->push(frame(0));
  pads->push(frame(1));
  g_object_run_dispose(G_OBJECT(element));
  EXPECT_EQ(GST_STATE(element), GST_STATE_NULL);
  EXPECT_EQ(stat("analyzers"), 0u);
}

}  // namespace
}  // namespace gsttorch
