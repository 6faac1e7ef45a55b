// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include <gst/gst.h>

#include "gst/perfmeter/frame_times.h"
#include "gst/perfmeter/pipeline_watch.h"
#include "gst/perfmeter/report_output.h"
#include "gst/perfmeter/stream_point.h"
#include "gst/perfmeter/stream_progress.h"
#include "lib/device/cuda_driver.h"
#include "lib/perf/perf_output.h"
#include "lib/perf/rate_meter.h"

namespace gsttorch {

/// What to measure besides the stream at the meter itself.
enum Measure : unsigned {
  kMeasurePipeline = 1 << 0,  ///< every element of the bin
  kMeasureProcess = 1 << 1,
  kMeasureGpu = 1 << 2,
  kMeasureReports = 1 << 3,  ///< the `stats` of elements
};

enum class ProgressOutput { None, Messages, Line };

struct PerfMeterSettings {
  guint64 interval = GST_SECOND;
  guint measure = kMeasureProcess | kMeasureGpu | kMeasureReports;
  bool is_measure_set = false;  // by the user: warn if a measurement is unavailable
  PerfOutput output = PerfOutput::None;
  std::string output_location;
  std::string frames_location;
  ProgressOutput progress = ProgressOutput::None;
  guint64 stall_timeout = 5 * GST_SECOND;
};

/// Measures the stream, the elements around it and the process, and reports from a thread of its
/// own. Thread-safe, except start and stop. Holds no lock while it posts messages or calls other
/// elements.
class PerfMeter {
 public:
  /// The element owns this object and outlives it.
  explicit PerfMeter(GstElement* element) : element_(element) {}
  ~PerfMeter() { stop(); }

  PerfMeterSettings settings() const;
  template <typename Change>
  void change_settings(Change&& change) {
    {
      const std::lock_guard lock(mutex_);
      change(settings_);
    }
    wake_.notify_all();
  }
  GstStructure* stats() const;  ///< transfer full

  Result<void> start();  ///< cleans up after itself on failure
  void stop();           ///< reports a last time unless the stream has ended
  void set_playing(bool is_playing);

  // Called on the streaming thread.
  void set_caps(GstCaps* caps);
  void take(GstBuffer* buffer, const GstSegment& segment);
  void restart_stream();  ///< after a flush, for a new segment
  void skip_gap();        ///< a gap announced by upstream does not count as a loss
  void end_stream();

 private:
  // State of one measurement.
  struct Session {
    std::uint64_t started = 0;
    UsageReading usage_at_start;
    UsageReading usage_at_report;
    RateMeter rate;
    RateMeter byte_rate;
    std::uint64_t stalls = 0;
    bool is_stalled = false;
  };
  // Counters and watches from start to stop. Each user shares ownership, so that a stop on another
  // thread does not destroy them.
  struct Run {
    std::shared_ptr<StreamPoint> point = std::make_shared<StreamPoint>();
    std::shared_ptr<StreamProgress> place = std::make_shared<StreamProgress>();
    std::shared_ptr<FrameTimes> frames;    // null: single frames are not reported
    std::shared_ptr<PipelineWatch> watch;  // null: elements are not watched
  };
  enum class Reason { Asked, Interval, Stall, Eos, Stop };
  static bool is_last(Reason reason) { return reason == Reason::Eos || reason == Reason::Stop; }

  void resume_after_end();
  std::optional<std::uint64_t> behind_clock(GstBuffer* buffer, const GstSegment& segment);
  bool asks_live();
  Result<std::shared_ptr<FrameTimes>> open_frames(const std::string& location);
  std::shared_ptr<PipelineWatch> start_watch(const PerfMeterSettings& settings,
                                             const std::shared_ptr<FrameTimes>& frames);
  void start_session(const Run& run);
  Result<void> start_thread();
  Run current() const;

  // Called on the meter's thread.
  void run();
  // Called with mutex_ locked.
  std::uint64_t next_look(std::uint64_t now, std::uint64_t next_report) const;
  void look(std::uint64_t now);
  void look_for_stall(std::uint64_t now);
  void open_nvml();

  void write_frames();
  ProgressState progress_state() const;
  void report_progress(Reason reason, const PerfMeterSettings& settings);

  PerfRecord make_record(Reason reason) const;
  void add_session(PerfRecord& record, Reason reason, std::uint64_t now) const;
  static void add_rates(PerfRecord& record, const Session& session);
  void add_gpus(PerfRecord& record) const;
  void report(Reason reason);
  void warn_of_writing(const Error& error);
  UsageReading read_usage() const;

  GstElement* const element_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  PerfMeterSettings settings_;     // guarded by mutex_
  Session session_;                // guarded by mutex_
  Run run_;                        // guarded by mutex_
  bool is_running_ = false;        // guarded by mutex_
  std::shared_ptr<Nvml> nvml_;     // guarded by mutex_
  bool has_reported_end_ = false;  // guarded by mutex_
  bool has_warned_ = false;        // guarded by mutex_
  std::mutex frames_mutex_;
  std::optional<OutputFile> frames_file_;  // guarded by frames_mutex_
  std::mutex progress_mutex_;
  std::optional<Progress> progress_line_;  // guarded by progress_mutex_

  std::atomic<bool> is_playing_{false};
  std::atomic<bool> is_ended_{false};
  std::atomic<std::uint64_t> playing_since_{0};

  // Used on the streaming thread, which runs only between start and stop.
  Run stream_run_;                // set by start
  std::uint64_t frame_size_ = 0;  // of raw video; 0: use the buffer's size
  bool counts_frames_ = false;
  std::optional<bool> is_live_;

  ReportOutput output_;
  std::thread thread_;
};

}  // namespace gsttorch
