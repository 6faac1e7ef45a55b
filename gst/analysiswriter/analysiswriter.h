// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gst/gst.h>

#include "lib/core/bounded_queue.h"
#include "lib/core/results_folder.h"
#include "lib/gst/mapped_flow.h"
#include "lib/gst/ref.h"

namespace gsttorch {

struct WriterSettings {
  std::string location;
  guint flow_every = 1;
  guint max_queue = 16;
};

/// Takes what buffers carry on the streaming thread, and writes it on a thread of its own.
/// Thread-safe, but for start and stop.
class AnalysisWriter {
 public:
  /// The element owns this object, so it outlives it.
  explicit AnalysisWriter(GstElement* element) : element_(element) {}
  ~AnalysisWriter() { stop(); }

  WriterSettings settings() const;
  template <typename Change>
  void change_settings(Change&& change) {
    const std::lock_guard lock(mutex_);
    change(settings_);
  }
  GstStructure* stats() const;  ///< transfer full

  Result<void> start();  ///< fails before anything was written
  void stop();           ///< returns once all that was taken is on disk

  /// Takes down a frame; waits while the queue is full.
  GstFlowReturn take(GstBuffer* buffer);
  bool drain();  ///< waits until all that was taken is on disk; false where that did not happen

  void interrupt();  ///< ends the waiting of take and drain
  void resume();

 private:
  struct FlowJob {
    std::size_t number = 0;  // of the result on its frame
    Ref<GstBuffer> buffer;   // the array alone: the frame and its pool are free again
    FlowGrid grid;
  };
  struct Job {
    FrameRecord record;
    std::vector<FlowJob> flows;  // those to be written as files
  };
  struct Stats {
    std::uint64_t frames = 0;
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;
    std::uint64_t flow_files = 0;
  };

  static Job make_job(GstBuffer* buffer, std::uint64_t frame, const WriterSettings& settings);
  // On the writer's thread:
  void run(ResultsFolder folder);
  Result<void> write_all(ResultsFolder& folder);
  Result<void> write(ResultsFolder& folder, Job& job);
  Result<void> write_flow(ResultsFolder& folder, const FlowJob& job, FrameRecord& record);
  void count(const ResultsFolder& folder, const FrameRecord& record);
  void warn_once(const std::string& reason);

  GstElement* const element_;
  mutable std::mutex mutex_;
  WriterSettings settings_;  // guarded by mutex_
  Stats stats_;              // guarded by mutex_
  bool has_warned_ = false;  // the writer's thread
  BoundedQueue<Job> queue_;
  std::thread thread_;
};

}  // namespace gsttorch
