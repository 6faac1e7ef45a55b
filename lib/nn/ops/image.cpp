// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/ops/image.h"

#include <ATen/ATen.h>

#include "lib/nn/base/cpu_pool.h"
#include "lib/nn/ops/cpu_dispatch.h"
#include "lib/nn/ops/image_rows.h"

namespace gsttorch {
namespace {

GSTTORCH_CPU_CLONES
void interleave(const float* a, const float* b, const float* c, const PixelScale& s, int width,
                float* out) {
  for (int x = 0; x < width; x++) {
    out[3 * x] = a[x] * s.scale[0] + s.offset[0];
    out[3 * x + 1] = b[x] * s.scale[1] + s.offset[1];
    out[3 * x + 2] = c[x] * s.scale[2] + s.offset[2];
  }
}

}  // namespace

at::Tensor image_to_tensor(const ImageView& image, const PixelScale& scale) {
  at::Tensor out =
      at::empty({1, 3, image.height, image.width}, at::kFloat, at::MemoryFormat::ChannelsLast);
  float* pixels = out.data_ptr<float>();
  const ColorConversion k = color_conversion(image.format, image.color);
  parallel_for(image.height, 32, [&](std::int64_t begin, std::int64_t end) {
    PixelRow row(image.width);
    for (std::int64_t y = begin; y < end; y++) {
      read_unit_rgb(image, k, static_cast<int>(y), row);
      interleave(row.a.data(), row.b.data(), row.c.data(), scale, image.width,
                 pixels + y * image.width * 3);
    }
  });
  return out;
}

at::Tensor resize(const at::Tensor& x, std::int64_t height, std::int64_t width) {
  if (x.size(2) == height && x.size(3) == width) return x;
  if (height >= x.size(2) && width >= x.size(3)) {
    return at::upsample_bilinear2d(x, {height, width}, false);
  }
  return at::_upsample_bilinear2d_aa(x, {height, width}, false);
}

}  // namespace gsttorch
