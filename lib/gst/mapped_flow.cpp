// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/mapped_flow.h"

#include <string>
#include <utility>

namespace gsttorch {
namespace {

constexpr guint kMaxSide = 1u << 20;  // keeps all products of sizes within 64 bits

std::string describe(const char* what, const FlowGrid& grid) {
  return std::string(what) + " of " + std::to_string(grid.width) + "x" +
         std::to_string(grid.height);
}

bool is_size(const FlowGrid& grid) {
  return grid.width > 0 && grid.height > 0 && grid.width <= kMaxSide && grid.height <= kMaxSide;
}

}  // namespace

Result<MappedBuffer> MappedBuffer::create(GstBuffer* buffer, gsize needed,
                                          const std::string& what) {
  const gsize size = gst_buffer_get_size(buffer);
  if (size < needed) {
    return Error{ErrorCode::BadShape, what + " requires " + std::to_string(needed) +
                                          " bytes, but its buffer has " + std::to_string(size)};
  }
  GstMapInfo map;
  if (!gst_buffer_map(buffer, &map, GST_MAP_READ)) {
    return Error{ErrorCode::Failed, "cannot map the " + what};
  }
  return MappedBuffer(buffer, map);
}

MappedBuffer::MappedBuffer(MappedBuffer&& other) noexcept
    : buffer_(std::exchange(other.buffer_, nullptr)), map_(other.map_) {}

MappedBuffer::~MappedBuffer() {
  if (buffer_) gst_buffer_unmap(buffer_, &map_);
}

Result<MappedFlow> MappedFlow::create(GstBuffer* buffer, const FlowGrid& grid) {
  const std::string what = describe("flow", grid);
  if (!is_size(grid)) return Error{ErrorCode::BadShape, what + " has an invalid size"};
  FlowView view;
  view.width = static_cast<int>(grid.width);
  view.height = static_cast<int>(grid.height);
  view.type =
      grid.format == GST_TORCH_FLOW_FORMAT_F16 ? FlowElement::Float16 : FlowElement::Float32;
  auto mapped = MappedBuffer::create(buffer, view.packed_bytes(), what);
  if (!mapped) return mapped.error();
  view.data = mapped->data();
  return MappedFlow(std::move(mapped).value(), view);
}

Result<MappedConfidence> MappedConfidence::create(GstBuffer* buffer, const FlowGrid& grid) {
  const std::string what = describe("confidence", grid);
  if (!is_size(grid)) return Error{ErrorCode::BadShape, what + " has an invalid size"};
  MapView view{nullptr, static_cast<int>(grid.width), static_cast<int>(grid.height)};
  auto mapped = MappedBuffer::create(buffer, view.bytes(), what);
  if (!mapped) return mapped.error();
  view.data = mapped->data();
  return MappedConfidence(std::move(mapped).value(), view);
}

}  // namespace gsttorch
