// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include <gst/gst.h>

#include "gst/perfmeter/element_watch.h"
#include "gst/perfmeter/pad_links.h"
#include "lib/perf/progress.h"

namespace gsttorch {

/// Watches every element of a bin and of the bins inside it, including those added later.
/// Thread-safe, except `sample`, which belongs to one thread.
///
/// The bin's signals share ownership of the watch: it stays valid for a handler that runs while
/// another thread detaches it. The lock guards only the list of elements and is never held during
/// calls to GStreamer or an element, because either may call back.
///
/// To find where time is spent, it samples some hundred times a second which pads are in use. Of
/// the elements that a thread is inside, the innermost is the one working; a source is working
/// while the elements that it pushes to are not.
class PipelineWatch : public std::enable_shared_from_this<PipelineWatch> {
 public:
  /// Keeps only a weak reference to the bin, which may be destroyed first. Adds times of single
  /// frames to `frames` unless it is null.
  static std::shared_ptr<PipelineWatch> attach(GstBin* bin, std::shared_ptr<FrameTimes> frames);
  ~PipelineWatch();
  PipelineWatch(const PipelineWatch&) = delete;
  PipelineWatch& operator=(const PipelineWatch&) = delete;

  /// Disconnects from the bin and from every element, permanently. The watch is empty afterwards.
  void detach();

  void sample();
  /// Sets "elements", from source to sink, and "bottleneck" if there are enough samples.
  void add_to(PerfRecord& record) const;
  /// Returns the stages that every frame passes through, in stream order.
  std::vector<ProgressStage> stages() const;

 private:
  PipelineWatch(GstBin* bin, std::shared_ptr<FrameTimes> frames);
  void connect(GstBin* bin);
  void add_all(GstBin* bin);
  void add(GstElement* element);
  void remove(GstElement* element);
  WatchedElements elements() const;

  // Sampling thread only.
  WatchedElements elements_to_sample();
  bool is_beyond(const ElementWatch& element) const;
  void judge(ElementWatch& element) const;

  const std::shared_ptr<FrameTimes> frames_;
  GWeakRef bin_;

  mutable std::mutex mutex_;
  WatchedElements elements_;  // guarded by mutex_
  bool has_changed_ = false;  // guarded by mutex_: elements_ changed since the last sample
  bool is_detached_ = false;  // guarded by mutex_
  gulong added_ = 0;          // guarded by mutex_
  gulong removed_ = 0;        // guarded by mutex_

  // Sampling thread only.
  PadLinks links_;
  unsigned until_find_ = 0;  // samples until links are determined again
};

}  // namespace gsttorch
