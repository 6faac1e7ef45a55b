// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors

// Measures the similarity matrix of a window of 100 frames: pair by pair, as one product, and only
// the new row that a stream needs per frame. Prints the least of 20 runs each, and ratios.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>
#include <limits>
#include <numeric>
#include <vector>

#include "lib/shots/shot_frame.h"
#include "lib/shots/similarity.h"

namespace {

constexpr std::size_t kFrames = 100;

template <typename Work>
double least_us(Work&& work) {
  double least = std::numeric_limits<double>::max();
  for (int run = 0; run < 20; ++run) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double, std::micro> spent =
        std::chrono::steady_clock::now() - begin;
    least = std::min(least, spent.count());
  }
  return least;
}

void measure(std::size_t length) {
  std::vector<float> rows(kFrames * length), loop(kFrames * kFrames), product(loop.size());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = std::sin(static_cast<float>(i % 9973));
  for (std::size_t i = 0; i < kFrames; ++i) {
    gsttorch::normalize(std::span(rows).subspan(i * length, length));
  }
  const double pairs = least_us([&] {
    for (std::size_t i = 0; i < kFrames; ++i) {
      for (std::size_t j = 0; j < kFrames; ++j) {
        const float* a = rows.data() + i * length;
        loop[i * kFrames + j] = std::inner_product(a, a + length, rows.data() + j * length, 0.0F);
      }
    }
  });
  const double whole = least_us([&] { gsttorch::row_products(rows, rows, length, product); });
  float apart = 0;
  for (std::size_t i = 0; i < loop.size(); ++i) {
    apart = std::max(apart, std::abs(loop[i] - product[i]));
  }
  const std::span<float> row(product.data(), kFrames);
  const double one =
      least_us([&] { gsttorch::row_products(rows, std::span(rows).first(length), length, row); });
  std::cout << "length " << length << ": pairs " << pairs << " us, one product " << whole
            << " us (ratio " << pairs / whole << ", apart by " << apart << "), one row " << one
            << " us\n";
}

}  // namespace

int main() {
  measure(256);
  measure(gsttorch::kShotLumaSize);
}
