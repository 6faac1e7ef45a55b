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

#include "lib/base/bounded_queue.h"
#include "lib/gst/gsttorchmatchmeta.h"
#include "lib/gst/mapped_flow.h"
#include "lib/gst/util/ref.h"
#include "lib/results/frame_numbering.h"
#include "lib/results/results_directory.h"

namespace gsttorch {

enum class QueuePolicy { Wait, Drop };
enum class OnFailure { Stop, Continue };

struct WriterSettings {
  std::string location;
  bool append = true;
  bool resume = false;
  guint every = 1;
  guint flow_every = 1;
  FlowFileType flow_file_type = FlowFileType::Flo;
  guint match_every = 1;
  MatchFileType match_file_type = MatchFileType::Csv;
  guint records_per_file = 0;
  guint max_queue = 16;
  QueuePolicy queue_policy = QueuePolicy::Wait;
  OnFailure on_failure = OnFailure::Stop;
};

/// Collects the results attached to buffers on the streaming thread and writes them on a thread of
/// its own. Thread-safe, except start and stop.
class AnalysisWriter {
 public:
  /// The element owns this object and outlives it.
  explicit AnalysisWriter(GstElement* element) : element_(element) {}
  ~AnalysisWriter() { stop(); }

  WriterSettings settings() const;
  template <typename Change>
  void change_settings(Change&& change) {
    const std::lock_guard lock(mutex_);
    change(settings_);
  }
  GstStructure* stats() const;  ///< transfer full

  Result<void> start();  ///< fails before anything is written
  void stop();           ///< returns once all accepted frames are on disk

  /// Enqueues a frame's results. If the queue is full, waits or drops the frame's files.
  GstFlowReturn take(GstBuffer* buffer, const GstSegment& segment);
  bool drain();  ///< waits until all accepted frames are on disk; false if that failed

  void interrupt();  ///< ends the waits in take and drain
  void resume();

 private:
  // To be written. Keeps only the array's buffer, so that the frame returns to its pool.
  struct FlowFile {
    std::size_t number = 0;  // index of the result on its frame
    FlowPart part = FlowPart::Flow;
    Ref<GstBuffer> buffer;
    FlowGrid grid;
  };
  struct MatchFile {
    std::size_t number = 0;
    Ref<GstBuffer> buffer;
    guint count = 0;
  };
  struct Job {
    bool has_files() const { return !flow_files.empty() || !match_files.empty(); }

    FrameRecord record;
    std::vector<FlowFile> flow_files;
    std::vector<MatchFile> match_files;
    FlowFileType flow_file_type = FlowFileType::Flo;
    MatchFileType match_file_type = MatchFileType::Csv;
    bool ends_shot_list = false;  // no frame: write shots.csv
  };
  struct Stats {
    std::uint64_t frames = 0;
    std::uint64_t taken = 0;  // accepted for a record
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;
    std::uint64_t flow_files = 0;
    std::uint64_t match_files = 0;
    std::uint64_t dropped = 0;
    std::uint64_t session = 0;
    std::uint64_t skipped = 0;  // frames recorded already
    std::optional<RecordKey> resumed_after;
    bool has_failed = false;
  };

  // The stream since the element started, or the interrupted one that it resumes.
  struct Session {
    std::uint64_t number = 0;
    std::uint64_t first_frame = 0;
  };

  Session session_of(const WriterSettings& settings, const std::optional<RecordKey>& last) const;
  void begin_session_if_live();
  void skip_recorded(GstBuffer* buffer);
  static void add_flow(Job& job, const GstTorchFlow& flow, bool with_files);
  static void add_flow_files(Job& job, const GstTorchFlow& flow);
  static void add_matches(Job& job, const GstTorchMatch& match, bool with_file);
  Job make_job(GstBuffer* buffer, std::uint64_t frame, const WriterSettings& settings) const;
  void drop_files(Job& job);
  void log_start(const WriterSettings& settings, const std::optional<RecordKey>& last) const;
  void log_frame(GstBuffer* buffer, std::uint64_t frame, bool is_wanted) const;
  void enqueue_shot_list();
  QueueState enqueue(Job job, const WriterSettings& settings);
  // Called on the writer's thread.
  void run(ResultsDirectory directory);
  Result<void> write_all(ResultsDirectory& directory);
  Result<void> write(ResultsDirectory& directory, Job& job);
  Result<void> write_flow(ResultsDirectory& directory, const FlowFile& file, Job& job);
  Result<void> write_array(ResultsDirectory& directory, const FlowFile& file,
                           const std::string& name);
  Result<void> write_matches(ResultsDirectory& directory, const MatchFile& file, Job& job);
  // Names the file in the record if it was written. An invalid array is not a failure.
  Result<void> note(Result<void> done, const std::string& name, std::string& field);
  std::optional<Job> next_job();
  void fail(const Error& error);
  void count(const ResultsDirectory& directory);
  void count_files(const FrameRecord& record);
  void warn_once(const std::string& reason);

  GstElement* const element_;
  mutable std::mutex mutex_;
  WriterSettings settings_;              // guarded by mutex_
  Stats stats_;                          // guarded by mutex_
  FrameNumbering numbering_;             // streaming thread only
  Session session_;                      // streaming thread only
  std::optional<RecordKey> resumes_at_;  // streaming thread only; reset with the first frame
  std::atomic<bool> has_shots_ = false;  // not yet listed in shots.csv
  bool has_warned_ = false;              // writer's thread only
  BoundedQueue<Job> queue_;
  std::atomic<std::size_t> waiting_with_files_{0};  // queued jobs with files
  std::thread thread_;
};

}  // namespace gsttorch
