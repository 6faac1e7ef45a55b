// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/ops/thumbnail.h"

#include <algorithm>

#include <ATen/ATen.h>

namespace gsttorch {

std::vector<Thumbnail> to_thumbnails(const at::Tensor& images) {
  const at::Tensor bytes = images.mul(255).round().clamp(0, 255).permute({0, 2, 3, 1});
  const at::Tensor rows = bytes.to(at::kByte).to(at::kCPU).contiguous();
  std::vector<Thumbnail> thumbnails(static_cast<std::size_t>(rows.size(0)));
  const std::uint8_t* data = rows.const_data_ptr<std::uint8_t>();
  for (Thumbnail& thumbnail : thumbnails) {
    std::copy_n(data, thumbnail.rgb.size(), thumbnail.rgb.begin());
    data += thumbnail.rgb.size();
  }
  return thumbnails;
}

}  // namespace gsttorch
