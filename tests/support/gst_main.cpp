// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <gtest/gtest.h>

#include <gst/gst.h>

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  gst_init(&argc, &argv);
  // A critical is a bug of this project: it must fail the test.
  g_log_set_always_fatal(
      static_cast<GLogLevelFlags>(G_LOG_FATAL_MASK | G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL));
  return RUN_ALL_TESTS();
}
