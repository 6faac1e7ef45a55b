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

/// Watches every element of a bin, of the bins in it, and those added later. Thread-safe, but for
/// `sample`, which belongs to one thread.
///
/// The bin's signals share the ownership of the watch: one that runs while another thread detaches
/// the watch finds it whole. The lock guards the list of elements alone and is never held while
/// GStreamer or an element is called, because either may call back.
///
/// Where time goes is found by looking, some hundred times a second, which pads are in use. The
/// innermost such element of a thread is the one at work; a source is at work while nothing that it
/// pushes to is.
class PipelineWatch : public std::enable_shared_from_this<PipelineWatch> {
 public:
  /// The bin is only borrowed: it may go first.
  /// Times of single frames go to `frames`, where that is not null.
  static std::shared_ptr<PipelineWatch> attach(GstBin* bin, std::shared_ptr<FrameTimes> frames);
  ~PipelineWatch();
  PipelineWatch(const PipelineWatch&) = delete;
  PipelineWatch& operator=(const PipelineWatch&) = delete;

  /// Disconnects from the bin and from every element, for good. Whoever still holds the watch finds
  /// it empty.
  void detach();

  void sample();
  /// Sets "elements", from source to sink, and "bottleneck" where enough was sampled.
  void add_to(PerfRecord& record) const;
  /// The steps that every frame goes through, in the order of the stream.
  std::vector<ProgressStage> stages() const;

 private:
  PipelineWatch(GstBin* bin, std::shared_ptr<FrameTimes> frames);
  void connect(GstBin* bin);
  void add_all(GstBin* bin);
  void add(GstElement* element);
  void remove(GstElement* element);
  WatchedElements elements() const;

  // Of the thread that samples.
  WatchedElements elements_to_sample();
  bool is_beyond(const ElementWatch& element) const;
  void judge(ElementWatch& element) const;

  const std::shared_ptr<FrameTimes> frames_;
  GWeakRef bin_;

  mutable std::mutex mutex_;
  WatchedElements elements_;  // guarded by mutex_
  bool has_changed_ = false;  // guarded by mutex_: elements_ did, since the last sample
  bool is_detached_ = false;  // guarded by mutex_
  gulong added_ = 0;          // guarded by mutex_
  gulong removed_ = 0;        // guarded by mutex_

  // Of the thread that samples.
  PadLinks links_;
  unsigned until_find_ = 0;  // samples until links are looked at again
};

}  // namespace gsttorch
