// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/loftr/windows.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include <ATen/ATen.h>

#include "lib/nn/base/cpu_pool.h"
#include "lib/nn/ops/cpu_dispatch.h"

namespace gsttorch {
namespace {

constexpr auto kPixelMajor = at::MemoryFormat::ChannelsLast;

// Whether the loops below support the tensor.
bool is_dense_cpu(const at::Tensor& x) {
  return x.is_cpu() && x.is_contiguous(kPixelMajor) &&
         (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16);
}

// Calls `use` with a value of the map's type, as the type to compute in.
template <typename Use>
void in_type_of(const at::Tensor& map, Use&& use) {
  map.scalar_type() == at::kFloat ? use(float()) : use(c10::BFloat16());
}

at::Tensor empty_windows(const at::Tensor& map, std::size_t count, std::int64_t side) {
  return at::empty({static_cast<std::int64_t>(count), map.size(1), side, side},
                   map.options().memory_format(kPixelMajor));
}

at::Tensor on_device_of(const at::Tensor& map, const std::vector<std::int64_t>& values) {
  return at::tensor(values, at::kLong).to(map.device());
}

struct Lines {  // two neighbours on one axis, and the weight of the second
  std::int64_t first, second;
  float share;
};

// Pixel `at` of 2n lies between pixels of n: at (n - 1) / (2n - 1).
Lines between(std::int64_t at, std::int64_t n) {
  const float position = static_cast<float>(at) * (static_cast<float>(n - 1) / (2 * n - 1));
  const auto first = std::min(static_cast<std::int64_t>(position), n - 1);
  return {first, std::min(first + 1, n - 1), position - static_cast<float>(first)};
}

template <typename Number>
struct Corners {
  const Number *a, *b, *c, *d;  // a, b above and c, d below; left, right each
};

template <typename Number>
[[gnu::always_inline]] inline void blend_corners(const Corners<Number>& at, float x, float y,
                                                 std::int64_t channels, Number* out) {
  const float wa = (1 - y) * (1 - x), wb = (1 - y) * x, wc = y * (1 - x), wd = y * x;
  for (std::int64_t i = 0; i < channels; i++) {
    out[i] =
        static_cast<Number>(wa * static_cast<float>(at.a[i]) + wb * static_cast<float>(at.b[i]) +
                            wc * static_cast<float>(at.c[i]) + wd * static_cast<float>(at.d[i]));
  }
}
GSTTORCH_CPU_CLONES
void blend(const Corners<float>& at, float x, float y, std::int64_t channels, float* out) {
  blend_corners(at, x, y, channels, out);
}
GSTTORCH_CPU_CLONES
void blend(const Corners<c10::BFloat16>& at, float x, float y, std::int64_t channels,
           c10::BFloat16* out) {
  blend_corners(at, x, y, channels, out);
}

// Computes pixels (y, x0 .. x0 + count - 1) of the map upsampled to twice its size.
template <typename Number>
void upsample_line(const Number* map, std::int64_t height, std::int64_t width,
                   std::int64_t channels, std::int64_t y, std::int64_t x0, std::int64_t count,
                   Number* out) {
  const Lines v = between(y, height);
  const Number* above = map + v.first * width * channels;
  const Number* below = map + v.second * width * channels;
  for (std::int64_t i = 0; i < count; i++) {
    const Lines h = between(x0 + i, width);
    blend({above + h.first * channels, above + h.second * channels, below + h.first * channels,
           below + h.second * channels},
          h.share, v.share, channels, out + i * channels);
  }
}

}  // namespace

at::Tensor gather_windows(const at::Tensor& map, const std::vector<std::int64_t>& rows,
                          const std::vector<std::int64_t>& columns, std::int64_t side) {
  if (!is_dense_cpu(map)) {
    return gather_windows(map, on_device_of(map, rows), on_device_of(map, columns), side);
  }
  at::Tensor out = empty_windows(map, rows.size(), side);
  const std::int64_t height = map.size(2), width = map.size(3);
  const std::int64_t pixel = map.size(1) * map.element_size();  // bytes
  const auto* in = static_cast<const std::byte*>(map.const_data_ptr());
  auto* to = static_cast<std::byte*>(out.data_ptr());
  parallel_for(out.size(0), 16, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t m = begin; m < end; m++) {
      const std::int64_t left = columns[m] - side / 2;
      const std::int64_t from = std::max<std::int64_t>(0, left);
      const std::int64_t until = std::min(width, left + side);
      for (std::int64_t i = 0; i < side; i++) {
        std::byte* line = to + (m * side + i) * side * pixel;
        const std::int64_t y = rows[m] - side / 2 + i;
        if (y < 0 || y >= height || from > left || until < left + side) {
          std::memset(line, 0, side * pixel);
        }
        if (y < 0 || y >= height || from >= until) continue;
        std::memcpy(line + (from - left) * pixel, in + (y * width + from) * pixel,
                    (until - from) * pixel);
      }
    }
  });
  return out;
}

at::Tensor gather_windows(const at::Tensor& map, const at::Tensor& rows, const at::Tensor& columns,
                          std::int64_t side) {
  const std::int64_t height = map.size(2), width = map.size(3);
  const at::Tensor span = at::arange(-(side / 2), side / 2 + 1, rows.options());
  const at::Tensor y = (rows.unsqueeze(1) + span).unsqueeze(2);     // [M, side, 1]
  const at::Tensor x = (columns.unsqueeze(1) + span).unsqueeze(1);  // [M, 1, side]
  const at::Tensor inside = (y >= 0) & (y < height) & (x >= 0) & (x < width);
  const at::Tensor index = y.clamp(0, height - 1) * width + x.clamp(0, width - 1);
  const at::Tensor pixels = map.permute({0, 2, 3, 1}).reshape({height * width, map.size(1)});
  const at::Tensor found = at::index(pixels, {index});  // [M, side, side, C]
  return (found * inside.unsqueeze(-1)).permute({0, 3, 1, 2});
}

at::Tensor upsample_windows(const at::Tensor& map, const std::vector<std::int64_t>& rows,
                            const std::vector<std::int64_t>& columns, std::int64_t side) {
  const std::int64_t height = map.size(2), width = map.size(3), channels = map.size(1);
  if (!is_dense_cpu(map)) {
    return gather_windows(upsample_rows(map, 0, 2 * height), rows, columns, side);
  }
  at::Tensor out = empty_windows(map, rows.size(), side);
  in_type_of(map, [&]<typename Number>(Number) {
    const auto* in = static_cast<const Number*>(map.const_data_ptr());
    auto* to = static_cast<Number*>(out.data_ptr());
    parallel_for(out.size(0) * side, 16, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t line = begin; line < end; line++) {
        const std::int64_t m = line / side;
        upsample_line(in, height, width, channels, rows[m] - side / 2 + line % side,
                      columns[m] - side / 2, side, to + line * side * channels);
      }
    });
  });
  return out;
}

at::Tensor upsample_rows(const at::Tensor& map, std::int64_t first, std::int64_t last) {
  const std::int64_t height = map.size(2), width = map.size(3), channels = map.size(1);
  const std::int64_t rows = last - first;
  if (!is_dense_cpu(map)) {
    return at::upsample_bilinear2d(map, {2 * height, 2 * width}, true)
        .narrow(2, first, rows)
        .contiguous(kPixelMajor);
  }
  at::Tensor out =
      at::empty({map.size(0), channels, rows, 2 * width}, map.options().memory_format(kPixelMajor));
  in_type_of(map, [&]<typename Number>(Number) {
    const auto* in = static_cast<const Number*>(map.const_data_ptr());
    auto* to = static_cast<Number*>(out.data_ptr());
    parallel_for(map.size(0) * rows, 4, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t line = begin; line < end; line++) {
        upsample_line(in + line / rows * height * width * channels, height, width, channels,
                      first + line % rows, 0, 2 * width, to + line * 2 * width * channels);
      }
    });
  });
  return out;
}

}  // namespace gsttorch
