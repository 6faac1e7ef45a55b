// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>
#include <utility>

#include <gst/gst.h>

#include "lib/base/result.h"
#include "lib/formats/flow_view.h"
#include "lib/formats/npy_file.h"
#include "lib/gst/gsttorchflowmeta.h"

namespace gsttorch {

/// The grid of a flow array in a GstBuffer.
struct FlowGrid {
  guint width = 0;
  guint height = 0;
  GstTorchFlowFormat format = GST_TORCH_FLOW_FORMAT_F32;
};

/// A buffer mapped for reading; unmapped by the destructor. Borrows the buffer, which must outlive
/// it.
class MappedBuffer {
 public:
  /// Returns an Error if the buffer has fewer than `needed` bytes; the message calls it `what`.
  static Result<MappedBuffer> create(GstBuffer* buffer, gsize needed, const std::string& what);

  MappedBuffer(MappedBuffer&& other) noexcept;
  MappedBuffer& operator=(MappedBuffer&&) = delete;
  ~MappedBuffer();

  const void* data() const { return map_.data; }

 private:
  MappedBuffer(GstBuffer* buffer, const GstMapInfo& map) : buffer_(buffer), map_(map) {}

  GstBuffer* buffer_;
  GstMapInfo map_;
};

/// A flow array mapped for reading. Metas may come from other software: a buffer smaller than its
/// grid is an Error and is never read.
class MappedFlow {
 public:
  static Result<MappedFlow> create(GstBuffer* buffer, const FlowGrid& grid);

  const FlowView& view() const { return view_; }

 private:
  MappedFlow(MappedBuffer buffer, const FlowView& view) : buffer_(std::move(buffer)), view_(view) {}

  MappedBuffer buffer_;
  FlowView view_;
};

/// The same for the confidence of a flow, which is always float32, whatever `grid.format` is.
class MappedConfidence {
 public:
  static Result<MappedConfidence> create(GstBuffer* buffer, const FlowGrid& grid);

  const MapView& view() const { return view_; }

 private:
  MappedConfidence(MappedBuffer buffer, const MapView& view)
      : buffer_(std::move(buffer)), view_(view) {}

  MappedBuffer buffer_;
  MapView view_;
};

}  // namespace gsttorch
