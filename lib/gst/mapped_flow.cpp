// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/mapped_flow.h"

#include <string>
#include <utility>

namespace gsttorch {
namespace {

constexpr guint kMaxSide = 1u << 20;  // keeps every product of sizes within 64 bits

std::string describe(const FlowGrid& grid) {
  return "flow of " + std::to_string(grid.width) + "x" + std::to_string(grid.height);
}

}  // namespace

Result<MappedFlow> MappedFlow::create(GstBuffer* buffer, const FlowGrid& grid) {
  if (grid.width == 0 || grid.height == 0 || grid.width > kMaxSide || grid.height > kMaxSide) {
    return Error{ErrorCode::BadShape, describe(grid) + " is no size"};
  }
  FlowView view;
  view.width = static_cast<int>(grid.width);
  view.height = static_cast<int>(grid.height);
  view.type =
      grid.format == GST_TORCH_FLOW_FORMAT_F16 ? FlowElement::Float16 : FlowElement::Float32;
  const gsize needed = view.row_bytes() * grid.height;
  const gsize size = gst_buffer_get_size(buffer);
  if (size < needed) {
    return Error{ErrorCode::BadShape, describe(grid) + " needs " + std::to_string(needed) +
                                          " bytes, its buffer has " + std::to_string(size)};
  }
  GstMapInfo map;
  if (!gst_buffer_map(buffer, &map, GST_MAP_READ)) {
    return Error{ErrorCode::Failed, describe(grid) + " cannot be read from its memory"};
  }
  MappedFlow mapped(buffer, map);
  view.data = map.data;
  mapped.view_ = view;
  return mapped;
}

MappedFlow::MappedFlow(MappedFlow&& other) noexcept
    : buffer_(std::exchange(other.buffer_, nullptr)), map_(other.map_), view_(other.view_) {}

MappedFlow::~MappedFlow() {
  if (buffer_) gst_buffer_unmap(buffer_, &map_);
}

}  // namespace gsttorch
