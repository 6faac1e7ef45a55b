// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/shots/similarity.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

namespace gsttorch {
namespace {

// Independent sums, so that the compiler may keep them in vector registers although it may not
// reorder a single sum.
constexpr std::size_t kSimdWidth = 8;
constexpr std::size_t kRows = 4;

using SimdFloats = std::array<float, kSimdWidth>;

// Multiplies kRows rows with kColumns others: each element that is read serves several products.
template <std::size_t kColumns>
void block_products(const std::array<const float*, kRows>& left,
                    const std::array<const float*, kColumns>& right, std::size_t length,
                    std::array<std::array<float, kColumns>, kRows>& out) {
  std::array<std::array<SimdFloats, kColumns>, kRows> sums{};
  std::size_t at = 0;
  for (; at + kSimdWidth <= length; at += kSimdWidth) {
    for (std::size_t i = 0; i < kRows; ++i) {
      for (std::size_t j = 0; j < kColumns; ++j) {
        for (std::size_t slot = 0; slot < kSimdWidth; ++slot) {
          sums[i][j][slot] += left[i][at + slot] * right[j][at + slot];
        }
      }
    }
  }
  for (std::size_t i = 0; i < kRows; ++i) {
    for (std::size_t j = 0; j < kColumns; ++j) {
      out[i][j] = 0;
      for (const float slot : sums[i][j]) out[i][j] += slot;
      for (std::size_t rest = at; rest < length; ++rest) {
        out[i][j] += left[i][rest] * right[j][rest];
      }
    }
  }
}

// Returns pointers to kCount rows from `first`, repeating the last row beyond the end.
template <std::size_t kCount>
std::array<const float*, kCount> rows_from(std::span<const float> rows, std::size_t first,
                                           std::size_t length) {
  std::array<const float*, kCount> pointers{};
  const std::size_t last = rows.size() / length - 1;
  for (std::size_t i = 0; i < kCount; ++i) {
    pointers[i] = rows.data() + std::min(first + i, last) * length;
  }
  return pointers;
}

template <std::size_t kColumns>
void products(std::span<const float> left, std::span<const float> right, std::size_t length,
              std::span<float> out) {
  const std::size_t rows = left.size() / length;
  const std::size_t columns = right.size() / length;
  std::array<std::array<float, kColumns>, kRows> block{};
  for (std::size_t i = 0; i < rows; i += kRows) {
    for (std::size_t j = 0; j < columns; j += kColumns) {
      block_products<kColumns>(rows_from<kRows>(left, i, length),
                               rows_from<kColumns>(right, j, length), length, block);
      for (std::size_t a = i; a < std::min(i + kRows, rows); ++a) {
        for (std::size_t b = j; b < std::min(j + kColumns, columns); ++b) {
          out[a * columns + b] = block[a - i][b - j];
        }
      }
    }
  }
}

}  // namespace

void row_products(std::span<const float> left, std::span<const float> right, std::size_t length,
                  std::span<float> out) {
  if (left.empty() || right.empty() || length == 0) return;
  assert(out.size() == (left.size() / length) * (right.size() / length));
  if (right.size() == length) {
    products<1>(left, right, length, out);
  } else {
    products<kRows>(left, right, length, out);
  }
}

void normalize(std::span<float> vector) {
  double sum = 0;
  for (const float value : vector) sum += static_cast<double>(value) * value;
  if (!(sum > 0)) return;
  const auto scale = static_cast<float>(1 / std::sqrt(sum));
  for (float& value : vector) value *= scale;
}

}  // namespace gsttorch
