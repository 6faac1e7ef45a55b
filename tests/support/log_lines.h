// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include <gst/gst.h>

namespace gsttorch {

/// Collects what a category logs, from a level on, while this object exists.
class LogLines {
 public:
  LogLines(const char* category, GstDebugLevel level) : category_(category) {
    gst_debug_remove_log_function(gst_debug_log_default);
    gst_debug_add_log_function(note, this, nullptr);
    gst_debug_set_threshold_for_name(category, level);
  }
  ~LogLines() {
    gst_debug_remove_log_function_by_data(this);
    gst_debug_add_log_function(gst_debug_log_default, nullptr, nullptr);
    gst_debug_unset_threshold_for_name(category_.c_str());
  }
  LogLines(const LogLines&) = delete;
  LogLines& operator=(const LogLines&) = delete;

  std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  static void note(GstDebugCategory* category, GstDebugLevel, const gchar*, const gchar*, gint,
                   GObject*, GstDebugMessage* message, gpointer self) {
    auto* log = static_cast<LogLines*>(self);
    if (log->category_ != gst_debug_category_get_name(category)) return;
    const std::lock_guard lock(log->mutex_);
    log->lines_.push_back(gst_debug_message_get(message));
  }

  const std::string category_;
  std::mutex mutex_;
  std::vector<std::string> lines_;  // guarded by mutex_
};

}  // namespace gsttorch
