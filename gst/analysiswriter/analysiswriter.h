// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gst/gst.h>

#include "lib/core/bounded_queue.h"
#include "lib/core/frame_numbering.h"
#include "lib/core/results_folder.h"
#include "lib/gst/mapped_flow.h"
#include "lib/gst/ref.h"

namespace gsttorch {

enum class QueuePolicy { Wait, Drop };
enum class OnFailure { Stop, Continue };

struct WriterSettings {
  std::string location;
  bool resume = false;
  guint every = 1;
  guint flow_every = 1;
  FlowFileType flow_file_type = FlowFileType::Flo;
  guint records_per_file = 0;
  guint max_queue = 16;
  QueuePolicy queue_policy = QueuePolicy::Wait;
  OnFailure on_failure = OnFailure::Stop;
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

  /// Takes down a frame. While the queue is full it waits, or leaves the frame's files out.
  GstFlowReturn take(GstBuffer* buffer);
  bool drain();  ///< waits until all that was taken is on disk; false where that did not happen

  void interrupt();  ///< ends the waiting of take and drain
  void resume();

 private:
  struct FileJob {
    std::size_t number = 0;  // of the result on its frame
    FlowPart part = FlowPart::Flow;
    Ref<GstBuffer> buffer;  // the array alone: the frame and its pool are free again
    FlowGrid grid;
  };
  struct Job {
    FrameRecord record;
    std::vector<FileJob> files;  // to be written
    FlowFileType flow_file_type = FlowFileType::Flo;
    bool ends_scene_list = false;  // no frame: scenes.csv is due
  };
  struct Stats {
    std::uint64_t frames = 0;
    std::uint64_t taken = 0;  // for a record
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;
    std::uint64_t flow_files = 0;
    std::uint64_t dropped = 0;
    std::optional<RecordKey> resumed_after;
    bool has_failed = false;
  };

  static void add_files(Job& job, const GstTorchFlow& flow);
  static Job make_job(GstBuffer* buffer, std::uint64_t frame, const WriterSettings& settings);
  static void drop_files(Job& job);
  void hand_over_scene_list();
  QueueState hand_over(Job job, const WriterSettings& settings);
  // On the writer's thread:
  void run(ResultsFolder folder);
  Result<void> write_all(ResultsFolder& folder);
  Result<void> write(ResultsFolder& folder, Job& job);
  Result<void> write_file(ResultsFolder& folder, const FileJob& file, Job& job);
  Result<void> write_array(ResultsFolder& folder, const FileJob& file, const std::string& name);
  std::optional<Job> next_job();
  void fail(const Error& error);
  void count(const ResultsFolder& folder);
  void count_flow(const FrameRecord& record);
  void warn_once(const std::string& reason);

  GstElement* const element_;
  mutable std::mutex mutex_;
  WriterSettings settings_;               // guarded by mutex_
  Stats stats_;                           // guarded by mutex_
  FrameNumbering numbering_;              // the streaming thread
  std::atomic<bool> has_scenes_ = false;  // that scenes.csv does not list yet
  bool has_warned_ = false;               // the writer's thread
  BoundedQueue<Job> queue_;
  std::atomic<std::size_t> waiting_with_files_{0};  // of the jobs in the queue
  std::thread thread_;
};

}  // namespace gsttorch
