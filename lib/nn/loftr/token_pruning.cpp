// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/loftr/token_pruning.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include <ATen/ATen.h>

namespace gsttorch {
namespace {

// Mean of the side x side neighbourhood of each pixel, as far as it lies inside the map.
at::Tensor mean_around(const at::Tensor& map, std::int64_t side) {
  const std::int64_t half = side / 2;
  return at::avg_pool2d(map, {side, side}, {1, 1}, {half, half}, false, false);
}

at::Tensor rows_of(const at::Tensor& tokens) {
  return tokens.permute({0, 2, 3, 1}).reshape({-1, tokens.size(1)});
}

}  // namespace

at::Tensor strongest_cells(const at::Tensor& tokens, double share, std::int64_t border) {
  const std::int64_t height = tokens.size(2), width = tokens.size(3), cells = height * width;
  const at::Tensor detail = (tokens - mean_around(tokens, 3)).norm(2, {1}, true);
  at::Tensor strength = at::full_like(detail, -1);
  const std::int64_t inner_height = std::max<std::int64_t>(0, height - 2 * border);
  const std::int64_t inner_width = std::max<std::int64_t>(0, width - 2 * border);
  const auto inner = [&](const at::Tensor& map) {
    return map.narrow(2, std::min(border, height), inner_height)
        .narrow(3, std::min(border, width), inner_width);
  };
  inner(strength).copy_(inner(mean_around(detail, 5)));
  const std::int64_t left_out = std::llround(share * static_cast<double>(cells));
  const std::int64_t kept = std::max<std::int64_t>(1, cells - left_out);
  const at::Tensor order = std::get<1>(at::sort(strength.flatten(), true, 0, true));
  return std::get<0>(at::sort(order.narrow(0, 0, kept)));
}

at::Tensor gather_cells(const at::Tensor& tokens, const at::Tensor& cells) {
  const at::Tensor rows = at::index(rows_of(tokens), {cells});
  return rows.view({1, 1, rows.size(0), rows.size(1)}).permute({0, 3, 1, 2});
}

at::Tensor put_cells(const at::Tensor& tokens, const at::Tensor& cells, CoarseGrid grid) {
  const std::int64_t channels = tokens.size(1);
  const at::Tensor rows = at::zeros({grid.size(), channels}, tokens.options());
  rows.index_copy_(0, cells, rows_of(tokens));
  return rows.view({1, grid.height, grid.width, channels}).permute({0, 3, 1, 2});
}

void to_cells(std::vector<CoarseMatch>& matches, const at::Tensor& first,
              const at::Tensor& second) {
  const at::Tensor first_cells = first.cpu(), second_cells = second.cpu();
  for (CoarseMatch& match : matches) {
    match.first = first_cells.const_data_ptr<std::int64_t>()[match.first];
    match.second = second_cells.const_data_ptr<std::int64_t>()[match.second];
  }
}

}  // namespace gsttorch
