// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors

// Run by test_exit.py: an application that exits while a pipeline plays.
//
//   exits PIPELINE MILLISECONDS exit|return
//
// Exits that long after the pipeline was started, by calling exit() or by returning from main().
// Exit status 0, or 1 if the pipeline failed.
#include <stdlib.h>
#include <string.h>

#include <gst/gst.h>

static gboolean play(const char* description, gulong milliseconds) {
  GError* failure = NULL;
  GstElement* pipeline = gst_parse_launch(description, &failure);
  if (failure) {
    g_printerr("%s\n", failure->message);
    return FALSE;
  }
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  GstBus* bus = gst_element_get_bus(pipeline);
  GstMessage* message =
      gst_bus_timed_pop_filtered(bus, milliseconds * GST_MSECOND, GST_MESSAGE_ERROR);
  if (!message) return TRUE;
  gst_message_parse_error(message, &failure, NULL);
  g_printerr("%s\n", failure->message);
  return FALSE;
}

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  const gboolean plays = argc == 4 && play(argv[1], strtoul(argv[2], NULL, 10));
  if (plays && strcmp(argv[3], "exit") == 0) exit(0);
  return plays ? 0 : 1;
}
