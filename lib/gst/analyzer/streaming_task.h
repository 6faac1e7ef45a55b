// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <functional>

#include <gst/gst.h>

#include "lib/gst/util/ref.h"

namespace gsttorch {

/// A thread of an element beside those of its pads. It is a GstTask, so that the application learns
/// of it (STREAM_STATUS) and can set its priority. Calls a function over and over. Thread-bound.
class StreamingTask {
 public:
  /// `pad` is the source of the messages, `element` the owner of the thread.
  StreamingTask(GstPad* pad, GstElement* element, std::function<void()> body);
  ~StreamingTask();
  StreamingTask(const StreamingTask&) = delete;
  StreamingTask& operator=(const StreamingTask&) = delete;

  bool start();
  /// Calls the function no more once the present call returns.
  void stop();
  /// Waits until the thread has ended.
  void join();

 private:
  void post_status(GstStreamStatusType type, GstTask* task) const;

  GstPad* const pad_;          // of the element
  GstElement* const element_;  // owns this
  const std::function<void()> body_;
  GRecMutex lock_;
  Ref<GstTask> task_;
};

}  // namespace gsttorch
