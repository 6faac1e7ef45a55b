// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/analyzer/streaming_task.h"

#include <string>
#include <utility>

namespace gsttorch {

StreamingTask::StreamingTask(GstPad* pad, GstElement* element, std::function<void()> body)
    : pad_(pad), element_(element), body_(std::move(body)) {
  g_rec_mutex_init(&lock_);
}

StreamingTask::~StreamingTask() {
  join();
  g_rec_mutex_clear(&lock_);
}

// As gst_pad_start_task does for the thread of a pad.
void StreamingTask::post_status(GstStreamStatusType type, GstTask* task) const {
  GstMessage* message = gst_message_new_stream_status(GST_OBJECT_CAST(pad_), type, element_);
  GValue value = G_VALUE_INIT;
  g_value_init(&value, GST_TYPE_TASK);
  g_value_set_object(&value, task);
  gst_message_set_stream_status_object(message, &value);
  g_value_unset(&value);
  gst_element_post_message(element_, message);
}

bool StreamingTask::start() {
  join();
  task_ = Ref<GstTask>::adopt(gst_task_new(
      [](gpointer self) { static_cast<StreamingTask*>(self)->body_(); }, this, nullptr));
  gst_object_set_name(GST_OBJECT_CAST(task_.get()),
                      (std::string(GST_OBJECT_NAME(element_)) + ":analysis").c_str());
  gst_task_set_lock(task_.get(), &lock_);
  gst_task_set_enter_callback(
      task_.get(),
      [](GstTask* task, GThread*, gpointer self) {
        static_cast<StreamingTask*>(self)->post_status(GST_STREAM_STATUS_TYPE_ENTER, task);
      },
      this, nullptr);
  gst_task_set_leave_callback(
      task_.get(),
      [](GstTask* task, GThread*, gpointer self) {
        static_cast<StreamingTask*>(self)->post_status(GST_STREAM_STATUS_TYPE_LEAVE, task);
      },
      this, nullptr);
  post_status(GST_STREAM_STATUS_TYPE_CREATE, task_.get());
  return gst_task_start(task_.get());
}

void StreamingTask::stop() {
  if (task_) gst_task_stop(task_.get());
}

void StreamingTask::join() {
  if (!task_) return;
  gst_task_join(task_.get());
  task_ = {};
}

}  // namespace gsttorch
