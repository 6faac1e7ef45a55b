// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include <gst/gst.h>

#include "gst/perfmeter/element_watch.h"
#include "lib/core/progress.h"

namespace gsttorch {

/// Watches every element of a bin, of the bins in it, and those added later. Thread-safe.
///
/// Where time goes is found by looking, some hundred times a second, which sink pads are inside
/// their chain function: those whose stream lock is taken. The innermost such element of a thread
/// is the one at work; a source is at work while nothing that it pushes to is.
class PipelineWatch {
 public:
  /// The bin is only borrowed: it may go first.
  /// Times of single frames go to `frames`, where that is not null.
  PipelineWatch(GstBin* bin, std::shared_ptr<FrameTimes> frames);
  ~PipelineWatch();
  PipelineWatch(const PipelineWatch&) = delete;
  PipelineWatch& operator=(const PipelineWatch&) = delete;

  void sample();
  /// Sets "elements", from source to sink, and "bottleneck" where enough was sampled.
  void add_to(PerfRecord& record);
  /// The steps that every frame goes through, in the order of the stream.
  std::vector<ProgressStage> stages();

 private:
  using Elements = std::vector<std::shared_ptr<ElementWatch>>;

  void attach_all(GstBin* bin);
  void attach(GstElement* element);
  void detach(GstElement* element);
  void find_peers();
  void look_at_locks();
  bool is_beyond(const ElementWatch& element) const;
  void judge(ElementWatch& element) const;
  const ElementWatch* bottleneck() const;
  Elements in_order() const;

  const std::shared_ptr<FrameTimes> frames_;
  GWeakRef bin_;
  gulong added_ = 0;
  gulong removed_ = 0;

  mutable std::mutex mutex_;
  Elements elements_;        // guarded by mutex_
  unsigned until_find_ = 0;  // guarded by mutex_: samples until links are looked at again
};

}  // namespace gsttorch
