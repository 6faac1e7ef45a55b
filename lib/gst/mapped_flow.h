// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <gst/gst.h>

#include "lib/core/flow_view.h"
#include "lib/core/result.h"
#include "lib/gst/gsttorchflowmeta.h"

namespace gsttorch {

/// The grid of a flow array that lies in a GstBuffer.
struct FlowGrid {
  guint width = 0;
  guint height = 0;
  GstTorchFlowFormat format = GST_TORCH_FLOW_FORMAT_F32;
};

/// A flow array mapped for reading, unmapped when it goes out of scope. Metas can come from
/// anybody: a buffer that is smaller than its grid is an Error, never read.
class MappedFlow {
 public:
  /// Borrows the buffer for its own life.
  static Result<MappedFlow> create(GstBuffer* buffer, const FlowGrid& grid);

  MappedFlow(MappedFlow&& other) noexcept;
  MappedFlow& operator=(MappedFlow&&) = delete;
  ~MappedFlow();

  const FlowView& view() const { return view_; }

 private:
  MappedFlow(GstBuffer* buffer, const GstMapInfo& map) : buffer_(buffer), map_(map) {}

  GstBuffer* buffer_;
  GstMapInfo map_;
  FlowView view_;
};

}  // namespace gsttorch
