// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/remapped_array.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "lib/gst/tensor_buffer.h"

namespace gsttorch {
namespace {

constexpr int kNowhere = -1;

// One axis of a grid: the old cell that each new cell shows, and the factor for the vectors'
// component.
struct GridAxis {
  std::vector<int> cells;
  double factor = 1;
};

guint cells_along(const AxisMapping& axis, guint out_pixels, double pixels_of_a_cell) {
  const double cells = std::round(out_pixels / (std::fabs(axis.factor) * pixels_of_a_cell));
  return static_cast<guint>(std::clamp(cells, 1., static_cast<double>(G_MAXUINT)));
}

GridAxis grid_axis(const AxisMapping& axis, guint new_cells, guint out_pixels, double first,
                   double last, guint old_cells, guint in_pixels) {
  GridAxis grid;
  const double new_pixels = static_cast<double>(out_pixels) / new_cells;
  const double old_pixels = static_cast<double>(in_pixels) / old_cells;
  grid.factor = axis.factor * old_pixels / new_pixels;
  for (guint i = 0; i < new_cells; i++) {
    const double at = (i + 0.5) * new_pixels;
    const int cell = static_cast<int>(std::floor(axis.back(at) / old_pixels));
    const bool is_seen =
        at >= first && at <= last && cell >= 0 && cell < static_cast<int>(old_cells);
    grid.cells.push_back(is_seen ? cell : kNowhere);
  }
  return grid;
}

/// An array on a new grid, computed on the fly.
class RemappedArray final : public Tensor {
 public:
  enum class Kind { Vectors, Confidence };

  RemappedArray(Kind kind, GstBuffer* source, const FlowGrid& grid, const FrameMapping& mapping)
      : kind_(kind), source_(Ref<GstBuffer>::share(source)), grid_(grid), swaps_(mapping.swaps) {
    const FlowGrid out = remapped_grid(grid, mapping);
    const FramePart& seen = mapping.seen;
    x_ =
        grid_axis(mapping.x, out.width, mapping.out_width, seen.left, seen.right,
                  swaps_ ? grid.height : grid.width, swaps_ ? mapping.in_height : mapping.in_width);
    y_ =
        grid_axis(mapping.y, out.height, mapping.out_height, seen.top, seen.bottom,
                  swaps_ ? grid.width : grid.height, swaps_ ? mapping.in_width : mapping.in_height);
    shape_ = {static_cast<std::int64_t>(out.height), static_cast<std::int64_t>(out.width)};
    if (kind_ == Kind::Vectors) shape_.push_back(2);
  }

  const std::vector<std::int64_t>& shape() const override { return shape_; }
  DataType type() const override { return DataType::Float32; }
  std::size_t bytes() const override { return elements() * sizeof(float); }

  const void* host_data() override {
    const std::lock_guard lock(mutex_);
    if (!values_.empty()) return values_.data();
    const bool done = kind_ == Kind::Vectors ? make_vectors() : make_confidence();
    if (!done) values_.clear();
    if (done) source_ = {};
    return done ? values_.data() : nullptr;
  }

 private:
  std::size_t elements() const {
    return x_.cells.size() * y_.cells.size() * (kind_ == Kind::Vectors ? 2 : 1);
  }

  // Calls `visit` for each new cell that shows an old one, with its index and the old column and
  // row.
  template <typename Fn>
  void for_each_seen(Fn&& visit) const {
    std::size_t cell = 0;
    for (const int row : y_.cells) {
      for (const int column : x_.cells) {
        if (row != kNowhere && column != kNowhere) {
          visit(cell, swaps_ ? row : column, swaps_ ? column : row);
        }
        cell++;
      }
    }
  }

  bool make_vectors() {
    const auto mapped = MappedFlow::create(source_.get(), grid_);
    if (!mapped) return false;
    values_.assign(elements(), 0.f);
    for_each_seen([&](std::size_t cell, int column, int row) {
      const FlowVector v = mapped->view().at(column, row);
      values_[2 * cell] = static_cast<float>(x_.factor * (swaps_ ? v.y : v.x));
      values_[2 * cell + 1] = static_cast<float>(y_.factor * (swaps_ ? v.x : v.y));
    });
    return true;
  }

  bool make_confidence() {
    const auto mapped = MappedConfidence::create(source_.get(), grid_);
    if (!mapped) return false;
    const auto* from = static_cast<const float*>(mapped->view().data);
    values_.assign(elements(), 0.f);
    for_each_seen([&](std::size_t cell, int column, int row) {
      values_[cell] = from[static_cast<std::size_t>(row) * grid_.width + column];
    });
    return true;
  }

  const Kind kind_;
  std::vector<std::int64_t> shape_;
  GridAxis x_, y_;
  std::mutex mutex_;
  Ref<GstBuffer> source_;      // guarded by mutex_; null once values_ is computed
  std::vector<float> values_;  // guarded by mutex_; empty until then
  const FlowGrid grid_;        // of source_
  const bool swaps_;
};

}  // namespace

FlowGrid remapped_grid(const FlowGrid& grid, const FrameMapping& mapping) {
  const double column = static_cast<double>(mapping.in_width) / grid.width;
  const double row = static_cast<double>(mapping.in_height) / grid.height;
  return {cells_along(mapping.x, mapping.out_width, mapping.swaps ? row : column),
          cells_along(mapping.y, mapping.out_height, mapping.swaps ? column : row),
          GST_TORCH_FLOW_FORMAT_F32};
}

Ref<GstBuffer> remap_vectors(GstBuffer* vectors, const FlowGrid& grid,
                             const FrameMapping& mapping) {
  return wrap_tensor(
      std::make_shared<RemappedArray>(RemappedArray::Kind::Vectors, vectors, grid, mapping));
}

Ref<GstBuffer> remap_confidence(GstBuffer* confidence, const FlowGrid& grid,
                                const FrameMapping& mapping) {
  return wrap_tensor(
      std::make_shared<RemappedArray>(RemappedArray::Kind::Confidence, confidence, grid, mapping));
}

}  // namespace gsttorch
