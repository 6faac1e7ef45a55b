// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
/* Prints how each frame moves: reads the flow metas that a pipeline attaches.
 *
 *   read-flow "filesrc location=video.mp4 ! decodebin ! videoconvert ! raftflow ! fakesink"
 *
 * One line per result: the frame's PTS, the element, the mean length of the vectors and the mean
 * vector, in pixels. Exit status 0, 1 where the pipeline failed, 2 where it was not understood. */
#include <stdio.h>
#include <string.h>

#include <gst/torch/gsttorch.h>

/* The mean of an array [height, width, 2] of floats. FALSE where it cannot be read. */
static gboolean mean_vector(const GstTorchFlow* flow, double* mean_x, double* mean_y) {
  const gsize vectors = (gsize)flow->grid_width * flow->grid_height;
  double sum_x = 0, sum_y = 0;
  GstMapInfo map;
  gsize i;

  if (!flow->flow || flow->format != GST_TORCH_FLOW_FORMAT_F32) return FALSE;
  /* The array comes from the device now, where the model ran on one: only if somebody reads it. */
  if (!gst_buffer_map(flow->flow, &map, GST_MAP_READ)) return FALSE;
  for (i = 0; i < vectors && (i + 1) * 2 * sizeof(float) <= map.size; i++) {
    float vector[2];
    memcpy(vector, map.data + i * sizeof vector, sizeof vector);
    sum_x += vector[0];
    sum_y += vector[1];
  }
  gst_buffer_unmap(flow->flow, &map);
  if (i < vectors || vectors == 0) return FALSE;
  /* Vectors are in pixels of the array's grid; the video may have been scaled since. */
  *mean_x = sum_x / vectors * flow->width / flow->grid_width;
  *mean_y = sum_y / vectors * flow->height / flow->grid_height;
  return TRUE;
}

static void print_flow(GstClockTime pts, const GstTorchFlow* flow) {
  double x, y;

  printf("%" GST_TIME_FORMAT " %s: ", GST_TIME_ARGS(pts), flow->source);
  if (flow->skipped) {
    printf("no flow (%s)\n", flow->skipped);
  } else if (mean_vector(flow, &x, &y)) {
    printf("mean length %.3f px, mean vector (%.3f, %.3f) px\n", flow->mean_magnitude, x, y);
  } else {
    printf("mean length %.3f px\n", flow->mean_magnitude);
  }
}

/* The results of one frame, one per element that attached any. */
static GstPadProbeReturn on_buffer(GstPad* pad, GstPadProbeInfo* info, gpointer user_data) {
  GstBuffer* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
  GstCustomMeta* meta;
  GstTorchFlow flow;
  gpointer state = NULL;

  (void)pad;
  (void)user_data;
  while ((meta = gst_buffer_iterate_torch_flow_meta(buffer, &state))) {
    if (gst_torch_flow_meta_read(meta, &flow)) print_flow(GST_BUFFER_PTS(buffer), &flow);
  }
  return GST_PAD_PROBE_OK;
}

/* Looks at what arrives at each sink of the pipeline. */
static void watch_sink(const GValue* item, gpointer user_data) {
  GstElement* sink = g_value_get_object(item);
  GstPad* pad = gst_element_get_static_pad(sink, "sink");

  (void)user_data;
  if (!pad) return;
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, NULL, NULL);
  gst_object_unref(pad);
}

/* Plays to the end. FALSE after an error, which is printed. */
static gboolean run(GstElement* pipeline) {
  GstBus* bus = gst_element_get_bus(pipeline);
  GstMessage* message;
  GError* error = NULL;

  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  message =
      gst_bus_timed_pop_filtered(bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error(message, &error, NULL);
    fprintf(stderr, "%s: %s\n", GST_MESSAGE_SRC_NAME(message), error->message);
  }
  gst_message_unref(message);
  gst_object_unref(bus);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  if (!error) return TRUE;
  g_error_free(error);
  return FALSE;
}

int main(int argc, char** argv) {
  GstElement* pipeline;
  GstIterator* sinks;
  GError* error = NULL;
  gboolean ok;

  gst_init(&argc, &argv);
  if (argc != 2) {
    fprintf(stderr, "usage: read-flow PIPELINE\n");
    return 2;
  }
  pipeline = gst_parse_launch_full(argv[1], NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);
  if (error) {
    fprintf(stderr, "%s\n", error->message);
    g_error_free(error);
    return 2;
  }
  if (!GST_IS_PIPELINE(pipeline)) {
    fprintf(stderr, "a pipeline is meant, of more than one element\n");
    gst_object_unref(pipeline);
    return 2;
  }
  sinks = gst_bin_iterate_sinks(GST_BIN(pipeline));
  gst_iterator_foreach(sinks, watch_sink, NULL);
  gst_iterator_free(sinks);
  ok = run(pipeline);
  gst_object_unref(pipeline);
  return ok ? 0 : 1;
}
